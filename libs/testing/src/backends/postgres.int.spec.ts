import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { waitFor } from '../wait-for.js';
import { isRunning } from './os-process.js';
import { databaseDir, failure, type RunningPostgres, startPostgres } from './postgres.js';

async function query(ownerUrl: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    return (await client.query<{ value: unknown }>(text)).rows.map((row) => row.value);
  } finally {
    await client.end();
  }
}

describe('start PostgreSQL', () => {
  let dataDir: string;
  const started: RunningPostgres[] = [];
  const start = async (options: { fsync?: boolean; port?: number } = { fsync: false }): Promise<RunningPostgres> => {
    const postgres = await startPostgres({ dataDir, ...options });
    started.push(postgres);
    return postgres;
  };

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'postgres-spec-'));
    chmodSync(dataDir, 0o711);
  });
  afterEach(async () => {
    for (const postgres of started.splice(0)) await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('serves a UTF-8 database to its owner, with a password that only the owner can read', async () => {
    const { ownerUrl } = await start();
    expect(await query(ownerUrl, `select lower('ÄÖ') as value`)).toEqual(['äö']);
    expect(statSync(join(dataDir, 'owner-password')).mode & 0o777).toBe(0o600);
    await expect(query(ownerUrl.replace(/:[^:@]+@/, ':wrong@'), 'select 1 as value')).rejects.toThrow(
      /password authentication/,
    );
  });

  it('writes through to the disk by default and not in tests', async () => {
    const durable = await start({});
    expect(await query(durable.ownerUrl, `select current_setting('fsync') as value`)).toEqual(['on']);
    await durable.stop();
    const fast = await start({ fsync: false });
    expect(await query(fast.ownerUrl, `select current_setting('fsync') as value`)).toEqual(['off']);
  });

  it('starts again after the server was killed, with the data', async () => {
    const first = await start();
    await query(first.ownerUrl, 'create table kept as select 7 as value');
    process.kill(first.pid, 'SIGKILL');
    await waitFor(() => !isRunning(first.pid));
    const second = await start();
    expect(await query(second.ownerUrl, 'select value from kept')).toEqual([7]);
  });

  it('takes over from a server that a killed parent left running', async () => {
    const first = await start();
    await query(first.ownerUrl, 'create table kept as select 8 as value');
    const second = await start();
    expect(isRunning(first.pid)).toBe(false);
    expect(await query(second.ownerUrl, 'select value from kept')).toEqual([8]);
  });

  it('refuses the database of another PostgreSQL version in one sentence', async () => {
    const { stop } = await start();
    await stop();
    writeFileSync(join(databaseDir(dataDir), 'PG_VERSION'), '13\n');
    await expect(start()).rejects.toThrow(
      /^the database in \S+ was made by PostgreSQL 13, and this is PostgreSQL 18: use another data folder/,
    );
  });

  it('names the port that is taken', async () => {
    const first = await start();
    const other = mkdtempSync(join(tmpdir(), 'postgres-spec-'));
    chmodSync(other, 0o711);
    try {
      await expect(startPostgres({ dataDir: other, fsync: false, port: first.port })).rejects.toThrow(
        /Address already in use/,
      );
    } finally {
      rmSync(other, { recursive: true });
    }
  });

  // Only root has another account for its database.
  if (process.getuid?.() === 0) {
    it('keeps the database elsewhere when its account may not enter the data folder', async () => {
      chmodSync(dataDir, 0o700);
      const { ownerUrl, databaseDir: directory } = await start();
      try {
        expect(directory).toMatch(/^\/var\/lib\/slipway\//);
        expect(await query(ownerUrl, 'select 1 as value')).toEqual([1]);
      } finally {
        await started.splice(0)[0]?.stop();
        rmSync(join(directory, '..'), { recursive: true });
      }
    });
  }
});

describe('tell why a database did not start', () => {
  it('says that the disk is full, where, and what to do', () => {
    const output = 'initdb: error: could not write to file "pg_wal/000000010000000000000001": No space left on device';
    expect(failure('PostgreSQL did not start', '/d', output).message).toBe(
      'PostgreSQL did not start: the disk that holds /d is full; free some space and start again',
    );
  });
});
