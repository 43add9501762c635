import { randomBytes } from 'node:crypto';

import { type MigrationClass, migrate, prepareDatabase, schemaOf } from '@slipway/persistence';

import { createDatabase } from '../backends/test-run.js';

export interface ServiceDatabase {
  /** Of the superuser; for statements that no service may do. */
  readonly ownerUrl: string;
  /** DATABASE_URL of the service's own role. */
  readonly databaseUrl: string;
  drop(): Promise<void>;
}

/** A database of its own with one service's schema and role, prepared and migrated as the migrate step does it. */
export async function createServiceDatabase(
  service: string,
  migrations: readonly MigrationClass[],
): Promise<ServiceDatabase> {
  const { ownerUrl, drop } = await createDatabase();
  const url = new URL(ownerUrl);
  // Roles belong to the server, which all test files share.
  url.username = `${schemaOf(service)}_${randomBytes(6).toString('hex')}`;
  url.password = randomBytes(12).toString('hex');
  await prepareDatabase(ownerUrl, [{ service, password: url.password, role: url.username }]);
  await migrate(ownerUrl, { service, migrations });
  return { ownerUrl, databaseUrl: url.href, drop };
}
