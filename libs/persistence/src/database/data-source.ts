import { AbstractLogger, DataSource } from 'typeorm';

import { DEFAULT_POOL_SIZE, schemaOf, type PersistenceOptions } from './database-options.js';
import { preparingClient } from './preparing-client.js';

const CONNECT_TIMEOUT_MS = 5_000;

// TypeORM prints to standard output, past our logger. What goes wrong is thrown, and logged once by whoever catches it.
class NoLog extends AbstractLogger {
  protected override writeLog(): void {}
}

type DataSourceSource = Pick<PersistenceOptions, 'service' | 'databaseUrl'> &
  Partial<Pick<PersistenceOptions, 'entities' | 'migrations' | 'poolSize'>>;

/**
 * A data source in the service's schema, not connected yet. Time-outs of statements come from the role. Extensions are never
 * installed: ids are made by `gen_random_uuid()`, which PostgreSQL has by itself.
 */
export function createDataSource(
  options: DataSourceSource,
  onPoolError: (error: unknown) => void = () => {},
): DataSource {
  const schema = schemaOf(options.service);
  return new DataSource({
    type: 'postgres',
    url: options.databaseUrl,
    schema,
    entities: [...(options.entities ?? [])],
    migrations: [...(options.migrations ?? [])],
    migrationsTableName: 'migrations',
    uuidExtension: 'pgcrypto',
    installExtensions: false,
    poolSize: options.poolSize ?? DEFAULT_POOL_SIZE,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    logger: new NoLog(),
    applicationName: `slipway ${options.service}`,
    poolErrorHandler: onPoolError,
    // Statements of the service's own SQL find their tables without naming the schema.
    extra: { options: `-c search_path=${schema}`, keepAlive: true, Client: preparingClient() },
  });
}
