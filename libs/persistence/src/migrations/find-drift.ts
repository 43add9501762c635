import type { DataSource } from 'typeorm';

/** The statements that would bring the migrated tables to what the entities say. Empty when both agree. Changes nothing. */
export async function findDrift(dataSource: DataSource): Promise<string[]> {
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  return upQueries.map(({ query }) => query);
}

/** @throws Error listing the statements that a migration lacks */
export async function assertNoDrift(dataSource: DataSource): Promise<void> {
  const drift = await findDrift(dataSource);
  if (drift.length === 0) return;
  throw new Error(
    `The entities and the migrations differ. What a migration lacks, as TypeORM words it:\n${drift.join('\n')}`,
  );
}
