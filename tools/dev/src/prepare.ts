// Owns what is done once before the services start: schemas and roles, streams and consumers, the first user.
import { operations } from '@slipway/contracts';
import { connectBroker, provision } from '@slipway/messaging';
import type { Logger } from '@slipway/runtime';
import type { NatsUser } from '@slipway/testing/backends';

import type { FirstUser } from './instance/first-user.js';
import type { Secrets } from './instance/secrets.js';
import { brokerPassword, brokerUrl, type InstanceFacts } from './services/service-environment.js';
import { brokerUserNames } from './services/service-list.js';

const PROVISIONER = 'provision';

export function brokerUsers(secrets: Secrets): NatsUser[] {
  return brokerUserNames.map((user) => ({
    user,
    password: brokerPassword(secrets, user),
  }));
}

export function provisionAll(facts: InstanceFacts, logger: Logger): Promise<void> {
  return provisionBroker(brokerUrl(facts, PROVISIONER), logger);
}

export async function provisionBroker(natsUrl: string, logger: Logger): Promise<void> {
  const broker = await connectBroker({ service: PROVISIONER, natsUrl, logger });
  try {
    for (const change of await provision(broker.connection, operations)) logger.info(change);
  } finally {
    await broker.close();
  }
}

export async function migrateAll(_facts: InstanceFacts, _user: FirstUser, _logger: Logger): Promise<void> {}
