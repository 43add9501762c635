// Owns what is done once before the services start: schemas and roles, streams and consumers, the first user.
import { operations } from '@slipway/contracts';
import { connectBroker, natsUserNames, natsUsers, PROVISION_USER, provision } from '@slipway/messaging';
import type { Logger } from '@slipway/runtime';
import type { NatsUser } from '@slipway/testing/backends';

import type { FirstUser } from './instance/first-user.js';
import type { Secrets } from './instance/secrets.js';
import { brokerPassword, brokerUrl, type InstanceFacts } from './services/service-environment.js';

export function brokerUsers(secrets: Secrets): NatsUser[] {
  return natsUsers(operations, Object.fromEntries(natsUserNames.map((name) => [name, brokerPassword(secrets, name)])));
}

export function provisionAll(facts: InstanceFacts, logger: Logger): Promise<void> {
  return provisionBroker(brokerUrl(facts, PROVISION_USER), logger);
}

export async function provisionBroker(natsUrl: string, logger: Logger): Promise<void> {
  const broker = await connectBroker({ service: PROVISION_USER, natsUrl, logger });
  try {
    for (const change of await provision(broker.connection, operations)) logger.info(change);
  } finally {
    await broker.close();
  }
}

export async function migrateAll(_facts: InstanceFacts, _user: FirstUser, _logger: Logger): Promise<void> {}
