// A database without Slipway, with Slipway's settings, on the cores of Slipway and its floors, which counts the statements that it gets.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { startPostgres } from '@slipway/testing/backends';
import pg from 'pg';

import type { Stage } from '../stage.js';

export interface FloorDatabase {
  readonly url: string;
  /** Statements so far, those of transactions included. */
  statements(): Promise<number>;
}

export async function startFloorDatabase(stage: Stage): Promise<FloorDatabase> {
  const dataDir = mkdtempSync(join(tmpdir(), 'slipway-bench-postgres-'));
  // PostgreSQL runs as somebody else where this runs as root.
  chmodSync(dataDir, 0o711);
  const postgres = await startPostgres({ dataDir, settings: { shared_preload_libraries: 'pg_stat_statements' } });
  if (stage.cores)
    spawnSync('taskset', ['-a', '-c', '-p', stage.cores.system.join(','), String(postgres.pid)], { stdio: 'ignore' });
  const client = new pg.Client({ connectionString: postgres.ownerUrl });
  await client.connect();
  await client.query('create extension pg_stat_statements');
  stage.defer(async () => {
    await client.end();
    await postgres.stop();
    rmSync(dirname(postgres.databaseDir), { recursive: true, force: true });
    rmSync(dataDir, { recursive: true, force: true });
  });
  return {
    url: postgres.ownerUrl,
    statements: async () => {
      const text = 'select coalesce(sum(calls), 0)::int as count from pg_stat_statements';
      return (await client.query<{ count: number }>(text)).rows[0]?.count ?? 0;
    },
  };
}
