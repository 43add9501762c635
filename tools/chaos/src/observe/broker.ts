// What the broker still holds: messages that nobody has settled, and dead letters.
import { jetstreamManager } from '@nats-io/jetstream';
import { operations } from '@slipway/contracts';
import { connectBroker, desiredConsumers, listDeadLetters, OPERATOR_USER, PROVISION_USER } from '@slipway/messaging';
import { createLogger } from '@slipway/runtime';

import type { Rig } from '../rig/rig.js';
import type { DeadLetterRow } from './world.js';

const logger = createLogger({ level: 'fatal' });
const MOST_LETTERS = 10_000;

/** One sentence for each consumer that has something left. */
export async function unsettled(rig: Rig): Promise<string[]> {
  const broker = await connectBroker({ service: PROVISION_USER, natsUrl: rig.brokerUrl(PROVISION_USER), logger });
  try {
    const manager = await jetstreamManager(broker.connection, { checkAPI: false });
    const left: string[] = [];
    for (const { stream, config } of desiredConsumers(operations)) {
      const { num_pending: waiting, num_ack_pending: unacked } = await manager.consumers.info(
        stream,
        config.durable_name,
      );
      if (waiting + unacked > 0)
        left.push(`${stream} has ${waiting} messages waiting and ${unacked} unsettled for ${config.durable_name}`);
    }
    return left;
  } finally {
    await broker.close();
  }
}

export async function deadLetters(rig: Rig): Promise<DeadLetterRow[]> {
  const broker = await connectBroker({ service: OPERATOR_USER, natsUrl: rig.brokerUrl(OPERATOR_USER), logger });
  try {
    const letters = await listDeadLetters(broker.connection, { limit: MOST_LETTERS });
    return letters.map(({ service, subject, reason, text }) => ({ service, subject, reason, text }));
  } finally {
    await broker.close();
  }
}
