// Owns what is done once before the services start: schemas and roles, streams and consumers, the first user.
import { operations } from '@slipway/contracts';
import { connectBroker, provision, PROVISION_USER } from '@slipway/messaging';
import { migrate, prepareDatabase } from '@slipway/persistence';
import type { Logger } from '@slipway/runtime';

import type { FirstUser } from './instance/first-user.js';
import { databaseServices } from './services/service-list.js';

export type FirstUserSecrets = Pick<FirstUser, 'email' | 'password' | 'apiKey'> & { apiKeyPrefix: string };

/** Brings schemas, roles and tables to their state, and the first user to its password and key. Safe to repeat. */
export async function migrateAll(
  ownerUrl: string,
  passwordOf: (service: string) => string,
  user: FirstUserSecrets | undefined,
  logger: Logger,
): Promise<void> {
  await prepareDatabase(
    ownerUrl,
    databaseServices.map(({ service: { name } }) => ({ service: name, password: passwordOf(name) })),
  );
  await Promise.all(
    databaseServices.map(async ({ service: { name }, migrations }) => {
      for (const done of await migrate(ownerUrl, { service: name, migrations })) logger.info(`${name}: ${done}`);
    }),
  );
  if (user) await Promise.resolve();
}

/** Brings streams and consumers to their state. Safe to repeat. */
export async function provisionAll(natsUrl: string, logger: Logger): Promise<void> {
  const broker = await connectBroker({ service: PROVISION_USER, natsUrl, logger });
  try {
    for (const change of await provision(broker.connection, operations)) logger.info(change);
  } finally {
    await broker.close();
  }
}
