import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { waitFor } from '@slipway/testing';
import {
  findNatsServer,
  startNatsServer,
  startPostgres,
  type RunningNats,
  type RunningPostgres,
} from '@slipway/testing/backends';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startInstance, type Instance } from './fixture/instance.js';
import { testImage } from './fixture/test-cluster.js';
import type { Answer } from './http-client.js';

// The parts are this test's own, so that it can take each away and bring it back at the same address.
let folder: string;
let postgres: RunningPostgres;
let nats: RunningNats;
let instance: Instance;

const startBroker = async (port = 0): Promise<RunningNats> =>
  startNatsServer({ binary: await findNatsServer(), dataDir: join(folder, 'nats'), port });
const startDatabase = (port = 0): Promise<RunningPostgres> =>
  startPostgres({ dataDir: join(folder, 'postgres'), port, fsync: false });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-faults-'));
  mkdirSync(join(folder, 'postgres'));
  [postgres, nats] = await Promise.all([startDatabase(), startBroker()]);
  instance = await startInstance({ env: { DATABASE_URL: postgres.ownerUrl, NATS_URL: nats.url } });
}, 120_000);
afterAll(async () => {
  await instance.close();
  await Promise.all([nats.stop(), postgres.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

const deploy = (name: string): Promise<Answer> =>
  instance.client.send('POST', '/v1/deployments', { app_name: name, image: testImage('web'), port: 8080 });

async function timed(act: () => Promise<Answer>): Promise<{ answer: Answer; ms: number }> {
  const began = Date.now();
  return { answer: await act(), ms: Date.now() - began };
}

function expectUnavailable({ status, headers, body }: Answer): void {
  expect([status, body]).toMatchObject([503, { error: { code: 'SERVICE_UNAVAILABLE' } }]);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
}

describe('a broker that is away', () => {
  it('makes writes and reads 503 at once, and everything resumes when it is back', async () => {
    await nats.stop();
    await waitFor(async () => (await instance.client.send('GET', '/health')).status === 503);
    for (const act of [() => deploy('no-broker'), () => instance.client.send('GET', '/v1/deployments')]) {
      const { answer, ms } = await timed(act);
      expectUnavailable(answer);
      expect(ms).toBeLessThan(2000);
    }
    nats = await startBroker(nats.port);
    await waitFor(async () => (await deploy('broker-back')).status === 201, { timeoutMs: 30_000 });
    const { body } = await instance.client.send('GET', '/v1/deployments');
    expect((body.deployments as { app_name: string }[]).map(({ app_name }) => app_name)).toEqual(['broker-back']);
  }, 60_000);
});

describe('a database that is away', () => {
  it('makes writes and reads 503 within the deadline, and everything resumes when it is back', async () => {
    await postgres.stop();
    for (const act of [() => deploy('no-database'), () => instance.client.send('GET', '/v1/deployments')]) {
      const { answer, ms } = await timed(act);
      expectUnavailable(answer);
      expect(ms).toBeLessThan(15_000);
    }
    postgres = await startDatabase(postgres.port);
    await waitFor(async () => (await deploy('database-back')).status === 201, { timeoutMs: 30_000 });
  }, 90_000);
});

describe('a database that takes no writes', () => {
  const setReadOnly = async (value: 'on' | 'off'): Promise<void> => {
    const owner = new Client({ connectionString: postgres.ownerUrl });
    await owner.connect();
    await owner.query(`alter system set default_transaction_read_only = ${value}`);
    await owner.query('select pg_reload_conf()');
    await owner.end();
  };

  it('makes writes 503 and lets everybody read, also with a key whose first use cannot be noted', async () => {
    const { body } = await instance.client.send('POST', '/v1/api-keys', { name: 'fresh' });
    const fresh = instance.client.with(String(body.key));
    await setReadOnly('on');
    try {
      await waitFor(async () => (await deploy('read-only')).status === 503, { timeoutMs: 30_000 });
      expectUnavailable(await deploy('read-only'));
      expect(await fresh.send('GET', '/v1/deployments')).toMatchObject({ status: 200 });
    } finally {
      await setReadOnly('off');
    }
    await waitFor(async () => (await deploy('writable-again')).status === 201, { timeoutMs: 30_000 });
  }, 90_000);
});
