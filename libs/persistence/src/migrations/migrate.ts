import { failpoint } from '@slipway/runtime';
import type { DataSource } from 'typeorm';

import { createDataSource } from '../database/data-source.js';
import { describeConnectionFault } from '../database/database-address.js';
import { schemaOf, type MigrationClass } from '../database/database-options.js';

export interface MigrateOptions {
  readonly service: string;
  readonly migrations: readonly MigrationClass[];
}

/**
 * Runs the migrations of a service that have not run yet, each in a transaction of its own, and returns their names. Two at once are
 * safe: the second waits and finds nothing to do. The schema is there already, see `prepareDatabase`.
 * @throws Error of one sentence when the database cannot be reached; the database's error when a migration fails
 */
export async function migrate(ownerUrl: string, options: MigrateOptions): Promise<string[]> {
  const { service, migrations } = options;
  const dataSource = createDataSource({ service, databaseUrl: ownerUrl, migrations, poolSize: 2 });
  try {
    await dataSource.initialize();
  } catch (error) {
    throw new Error(describeConnectionFault(error, ownerUrl), { cause: error });
  }
  try {
    for (const migration of dataSource.migrations.slice(1)) {
      const up = migration.up.bind(migration);
      migration.up = async (runner) => {
        await failpoint('migrate.between');
        await up(runner);
      };
    }
    return await withLock(dataSource, schemaOf(service), async () => {
      const executed = await dataSource.runMigrations({ transaction: 'each' });
      return executed.map(({ name }) => name);
    });
  } finally {
    await dataSource.destroy();
  }
}

// The lock belongs to the connection: a process that dies half-way frees it.
async function withLock<T>(dataSource: DataSource, schema: string, work: () => Promise<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  const key = [`slipway:migrate:${schema}`];
  await runner.query(`select pg_advisory_lock(hashtextextended($1, 0))`, key);
  try {
    return await work();
  } finally {
    await runner.query(`select pg_advisory_unlock(hashtextextended($1, 0))`, key);
    await runner.release();
  }
}
