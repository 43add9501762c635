import { JetStreamApiCodes, JetStreamApiError, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import type { Operation } from '@slipway/contracts';
import { failpoint } from '@slipway/runtime';

import { Stream } from '../subjects.js';
import { desiredConsumers, desiredStreams, type DesiredConsumer, type DesiredStream } from './desired.js';
import { describeDifference, diffConfig } from './diff-config.js';

export class ProvisioningError extends Error {
  override readonly name = 'ProvisioningError';
}

// The broker refuses to change these in a live stream or consumer.
const UNCHANGEABLE = ['retention', 'storage', 'ack_policy', 'deliver_policy'];

/**
 * Makes streams and consumers as they should be; run again it changes nothing. Needs the rights of the `provision` user.
 * @returns one line for each thing that was created or changed
 * @throws ProvisioningError naming what cannot be changed and what to do
 */
export async function provision(connection: NatsConnection, operations: readonly Operation[]): Promise<string[]> {
  const manager = await jetstreamManager(connection, { checkAPI: false });
  const changes: string[] = [];
  for (const stream of desiredStreams) changes.push(...(await provisionStream(manager, stream)));
  await failpoint('messaging.provision.between-stream-and-consumer');
  for (const consumer of desiredConsumers(operations)) changes.push(...(await provisionConsumer(manager, consumer)));
  return changes;
}

async function provisionStream(manager: JetStreamManager, wants: DesiredStream): Promise<string[]> {
  const { name } = wants;
  const found = await orMissing(() => manager.streams.info(name));
  if (!found) {
    await explained(`stream ${name}`, () => manager.streams.add(wants));
    return [`stream ${name}: created`];
  }
  const differences = diffConfig(found.config, wants);
  if (differences.length === 0) return [];
  const text = describeDifference(`stream ${name}`, differences);
  const fixed = differences.find(({ setting }) => UNCHANGEABLE.includes(setting));
  if (fixed) {
    throw new ProvisioningError(
      `${text}. The broker cannot change ${fixed.setting} of a stream: stop all services, save what it holds, delete the stream and provision again`,
    );
  }
  await explained(text, () => manager.streams.update(name, wants));
  return [text];
}

async function provisionConsumer(manager: JetStreamManager, wants: DesiredConsumer): Promise<string[]> {
  const { stream, config } = wants;
  const durable = config.durable_name;
  const name = `consumer ${durable} on ${stream}`;
  const found = await orMissing(() => manager.consumers.info(stream, durable));
  if (!found) {
    await explained(name, () => manager.consumers.add(stream, config));
    return [`${name}: created`];
  }
  const differences = diffConfig(found.config, config);
  if (differences.length === 0) return [];
  const text = describeDifference(name, differences);
  const fixed = differences.find(({ setting }) => UNCHANGEABLE.includes(setting));
  // A new consumer would start at the first message that the stream still holds: operators decide on that.
  if (fixed) {
    throw new ProvisioningError(
      `${text}. The broker cannot change ${fixed.setting} of a consumer: delete the consumer and provision again`,
    );
  }
  await explained(text, () => manager.consumers.update(stream, durable, config));
  return [text];
}

/** How the broker differs from what `service` needs, empty when it does not. Needs `INFO` of its own streams and consumers only. */
export async function compareProvisioned(
  connection: NatsConnection,
  operations: readonly Operation[],
  service: string,
): Promise<string[]> {
  const manager = await jetstreamManager(connection, { checkAPI: false });
  const own = desiredConsumers(operations).filter((consumer) => consumer.service === service);
  const found: string[] = [];
  const streams = new Set<string>(own.map(({ stream }) => stream));
  if (own.length > 0) streams.add(Stream.tries);
  for (const wants of desiredStreams.filter(({ name }) => streams.has(name))) {
    const streamName = `stream ${wants.name}`;
    const streamInfo = await orMissing(() => manager.streams.info(wants.name));
    const differences = streamInfo ? diffConfig(streamInfo.config, wants) : [];
    if (!streamInfo) found.push(`${streamName} is missing: run provision`);
    if (differences.length > 0) found.push(describeDifference(streamName, differences));
  }
  for (const { stream, config } of own) {
    const consumerName = `consumer ${config.durable_name} on ${stream}`;
    const consumerInfo = await orMissing(() => manager.consumers.info(stream, config.durable_name));
    if (!consumerInfo) {
      found.push(`${consumerName} is missing: run provision`);
      continue;
    }
    const wrong = diffConfig(consumerInfo.config, config);
    if (wrong.length > 0) found.push(describeDifference(consumerName, wrong));
  }
  return found;
}

async function orMissing<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    const missing: number[] = [JetStreamApiCodes.StreamNotFound, JetStreamApiCodes.ConsumerNotFound];
    if (error instanceof JetStreamApiError && missing.includes(error.code)) return undefined;
    throw error;
  }
}

async function explained<T>(what: string, change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) throw error;
    throw new ProvisioningError(`${what} could not be made so: the broker says "${error.message}"`, { cause: error });
  }
}
