import { setTimeout as delay } from 'node:timers/promises';

import type { RuntimeConfig, ServiceLogger } from '@slipway/runtime';
import type { DataSource } from 'typeorm';

import { missingMigrations } from '../migrations/missing-migrations.js';
import { createDataSource } from './data-source.js';
import { describeAddress, describeConnectionFault } from './database-address.js';
import { isPassingFault } from './database-errors.js';
import { schemaOf, type PersistenceOptions } from './database-options.js';

const RETRY_MS = 500;
const REMIND_EVERY = 20;

/**
 * Connects. Waits for a database that is away and for migrations that have not run (a command handled before them would fail until it is a
 * dead letter), saying so every ten seconds. A wrong password, an unknown database or, in production, storage that may lose commits is
 * an error at once.
 * @throws Error of one sentence that names DATABASE_URL and its host, never its password
 */
export async function connectDatabase(
  options: PersistenceOptions,
  runtime: Pick<RuntimeConfig, 'nodeEnv'>,
  logger: ServiceLogger,
): Promise<DataSource> {
  const dataSource = createDataSource(options, (err) => logger.warn('an idle connection to PostgreSQL broke', { err }));
  try {
    for (let attempt = 0; ; attempt += 1) {
      const obstacle = await connectOnce(dataSource, options);
      if (obstacle === undefined) break;
      if (attempt % REMIND_EVERY === 0) logger.warn(obstacle);
      await delay(RETRY_MS);
    }
    await checkDurability(dataSource, options, runtime, logger);
    return dataSource;
  } catch (error) {
    if (dataSource.isInitialized) await dataSource.destroy();
    throw error;
  }
}

/** What is still in the way, or undefined. @throws Error when waiting will not help */
async function connectOnce(dataSource: DataSource, options: PersistenceOptions): Promise<string | undefined> {
  try {
    if (!dataSource.isInitialized) await dataSource.initialize();
    const missing = await missingMigrations(dataSource, options.migrations);
    if (missing.length === 0) return undefined;
    return `The schema ${schemaOf(options.service)} of ${describeAddress(options.databaseUrl)} lacks the migrations ${missing.join(', ')}. Run the migrate step.`;
  } catch (error) {
    const text = describeConnectionFault(error, options.databaseUrl);
    if (!isPassingFault(error)) throw new Error(text, { cause: error });
    return text;
  }
}

// An acknowledged write is on disk before its answer leaves; with these off, PostgreSQL promises no such thing.
async function checkDurability(
  dataSource: DataSource,
  { databaseUrl }: PersistenceOptions,
  { nodeEnv }: Pick<RuntimeConfig, 'nodeEnv'>,
  logger: ServiceLogger,
): Promise<void> {
  const rows = await dataSource.query<{ name: string }[]>(
    `select name from pg_settings where name in ('fsync', 'synchronous_commit') and setting = 'off'`,
  );
  if (rows.length === 0) return;
  const off = rows.map(({ name }) => name).join(' and ');
  const text = `PostgreSQL at ${describeAddress(databaseUrl)} runs with ${off} off, so a power cut loses acknowledged writes. Switch on ${off}.`;
  if (nodeEnv === 'production') throw new Error(`${text} Slipway refuses to start on it in production.`);
  logger.warn(text);
}
