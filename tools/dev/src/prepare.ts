// Owns what is done once before the services start: schemas and roles, streams and consumers, the first user.
import { operations } from '@slipway/contracts';
import { ensureFirstUser, entities } from '@slipway/identity';
import { connectBroker, provision, PROVISION_USER, Sealing } from '@slipway/messaging';
import { createDataSource, migrate, Outbox, prepareDatabase, Tx } from '@slipway/persistence';
import type { Logger } from '@slipway/runtime';

import type { FirstUser } from './instance/first-user.js';
import { databaseServices } from './services/service-list.js';

export type FirstUserSecrets = Pick<FirstUser, 'email' | 'password' | 'apiKey'>;

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
  if (user) await makeFirstUser(ownerUrl, user);
}

// As the owner, who needs no password of the role; identity publishes what its outbox holds once it runs.
async function makeFirstUser(ownerUrl: string, user: FirstUserSecrets): Promise<void> {
  const dataSource = createDataSource({ service: 'identity', databaseUrl: ownerUrl, entities, poolSize: 1 });
  await dataSource.initialize();
  try {
    await dataSource.transaction(async (manager) => {
      const outbox = new Outbox(new Sealing({}), undefined);
      await ensureFirstUser(new Tx(manager, outbox), user);
      await outbox.flush(manager);
    });
  } finally {
    await dataSource.destroy();
  }
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
