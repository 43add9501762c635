import type { DataSource } from 'typeorm';

import { errorCodeOf } from '../database/database-errors.js';
import type { MigrationClass } from '../database/database-options.js';

const UNDEFINED_TABLE = '42P01';

/** The names of migrations that have not run, in order. Reads only: a service's role may not make the table of migrations. */
export async function missingMigrations(
  dataSource: DataSource,
  migrations: readonly MigrationClass[],
): Promise<string[]> {
  const names = migrations.map((migration) => new migration().name ?? migration.name);
  try {
    const rows = await dataSource.query<{ name: string }[]>('select name from migrations');
    const executed = new Set(rows.map(({ name }) => name));
    return names.filter((name) => !executed.has(name));
  } catch (error) {
    if (errorCodeOf(error) === UNDEFINED_TABLE) return names;
    throw error;
  }
}
