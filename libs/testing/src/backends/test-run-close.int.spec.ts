import { chmodSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { findNatsServer } from './find-nats-server.js';
import { startNatsServer } from './nats-server.js';
import { isRunning } from './os-process.js';
import { startPostgres } from './postgres.js';
import { openTestRun } from './test-run.js';

// A run inside of this one, with the variables that make a run put aside.
describe('the end of a test run', () => {
  const outer = { ...process.env };
  beforeEach(() => {
    delete process.env.SLIPWAY_TEST_RUN;
  });
  afterEach(() => {
    process.env.SLIPWAY_TEST_RUN = outer.SLIPWAY_TEST_RUN;
    process.env.TMPDIR = outer.TMPDIR;
  });

  it('ends the servers that a test forgot, wherever their files are, and removes its folder', async () => {
    const close = await openTestRun();
    const folder = mkdtempSync(join(tmpdir(), 'forgotten-'));
    chmodSync(folder, 0o700);
    mkdirSync(join(folder, 'data'));
    const nats = await startNatsServer({ binary: await findNatsServer(), dataDir: join(folder, 'data', 'nats') });
    const postgres = await startPostgres({ dataDir: join(folder, 'data', 'postgres'), fsync: false });
    expect([nats.pid, postgres.pid].map(isRunning)).toEqual([true, true]);

    await close();
    expect([nats.pid, postgres.pid].map(isRunning)).toEqual([false, false]);
    expect([folder, postgres.databaseDir].filter((path) => existsSync(path))).toEqual([]);
  });
});
