import { join } from 'node:path';

import { startPostgres } from '@slipway/testing/backends';
import { Client } from 'pg';

import { UserError } from '../user-error.js';

/** A part of an instance that was started, or one that DATABASE_URL, NATS_URL or --kubeconfig put in its place. */
export interface Part {
  /** For the screen: what it is and where. */
  readonly description: string;
  stop: () => Promise<void>;
}

export interface Database extends Part {
  /** Of a role that may make roles and schemas. */
  readonly ownerUrl: string;
}

const CONNECT_TIMEOUT_MS = 5_000;
const OLDEST_POSTGRES = 15;

/** The database of DATABASE_URL, or a PostgreSQL of our own in the data folder. */
export async function startDatabase(dataDir: string, externalUrl: string | undefined): Promise<Database> {
  if (externalUrl) {
    await checkDatabase(externalUrl);
    return {
      ownerUrl: externalUrl,
      description: `PostgreSQL of DATABASE_URL, ${placeOf(externalUrl)}`,
      stop: async () => {},
    };
  }
  const folder = join(dataDir, 'postgres');
  const postgres = await startPostgres({ dataDir: folder });
  const elsewhere = postgres.databaseDir.startsWith(folder) ? '' : `, data in ${postgres.databaseDir}`;
  return {
    ownerUrl: postgres.ownerUrl,
    description: `PostgreSQL on 127.0.0.1:${postgres.port}${elsewhere}`,
    stop: () => postgres.stop(),
  };
}

async function checkDatabase(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // The server may cut the connection while we end it.
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string }>(`select current_setting('server_version') as version`);
    const version = rows[0]?.version ?? '';
    if (Number.parseInt(version, 10) < OLDEST_POSTGRES) {
      throw new Error(`it is PostgreSQL ${version}, and Slipway needs ${OLDEST_POSTGRES} or newer`);
    }
  } catch (error) {
    throw new UserError(`DATABASE_URL (${placeOf(url)}) cannot be used: ${reasonOf(error)}`);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Host, port and path of a URL: never its password. */
export function placeOf(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `${host}${pathname === '/' ? '' : pathname}`;
  } catch {
    return 'which is not a URL';
  }
}

/** A connection to a name with several addresses fails with one error per address and no text of its own. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}
