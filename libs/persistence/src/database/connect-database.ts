import type { ServiceLogger } from '@slipway/runtime';
import { setTimeout as delay } from 'node:timers/promises';
import { DataSource } from 'typeorm';

import { createDataSource } from './data-source.js';
import { describeAddress, describeConnectionFault } from './database-address.js';
import { isPassingFault } from './database-errors.js';
import type { PersistenceOptions } from './database-options.js';

const RETRY_MS = 500;
const REMIND_EVERY = 20;

/**
 * Connects. Waits for a database that is away, saying so every ten seconds; a wrong password, an unknown database or storage that may
 * lose commits is an error at once.
 * @throws Error of one sentence that names DATABASE_URL and its host, never its password
 */
export async function connectDatabase(options: PersistenceOptions, logger: ServiceLogger): Promise<DataSource> {
  const dataSource = createDataSource(options, (err) => logger.warn('an idle connection to PostgreSQL broke', { err }));
  for (let attempt = 0; !dataSource.isInitialized; attempt += 1) {
    try {
      await dataSource.initialize();
    } catch (error) {
      const text = describeConnectionFault(error, options.databaseUrl);
      if (!isPassingFault(error)) throw new Error(text, { cause: error });
      if (attempt % REMIND_EVERY === 0) logger.warn(text);
      await delay(RETRY_MS);
    }
  }
  try {
    await checkDurability(dataSource, options, logger);
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
  return dataSource;
}

// An acknowledged write is on disk before its answer leaves; with these off, PostgreSQL promises no such thing.
async function checkDurability(
  dataSource: DataSource,
  options: PersistenceOptions,
  logger: ServiceLogger,
): Promise<void> {
  const rows = await dataSource.query<{ name: string; setting: string }[]>(
    `select name, setting from pg_settings where name in ('fsync', 'synchronous_commit') and setting = 'off'`,
  );
  if (rows.length === 0) return;
  const off = rows.map(({ name }) => name).join(' and ');
  const text = `PostgreSQL at ${describeAddress(options.databaseUrl)} runs with ${off} off, so a power cut loses acknowledged writes. Switch on ${off}.`;
  if (options.production) throw new Error(`${text} Slipway refuses to start on it in production.`);
  logger.warn(text);
}
