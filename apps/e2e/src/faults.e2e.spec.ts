import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startEmbeddedCluster, type EmbeddedCluster } from '@slipway/embedded-cluster';
import { waitFor } from '@slipway/testing';
import {
  findNatsServer,
  startNatsServer,
  startPostgres,
  type RunningNats,
  type RunningPostgres,
} from '@slipway/testing/backends';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startInstance, type Instance } from './fixture/instance.js';
import type { Answer } from './http-client.js';

// The parts are this test's own, so that it can take each away and bring it back at the same address.
let folder: string;
let postgres: RunningPostgres;
let nats: RunningNats;
let cluster: EmbeddedCluster;
let instance: Instance;

const startBroker = async (port = 0): Promise<RunningNats> =>
  startNatsServer({ binary: await findNatsServer(), dataDir: join(folder, 'nats'), port });
const startDatabase = (port = 0): Promise<RunningPostgres> =>
  startPostgres({ dataDir: join(folder, 'postgres'), port, fsync: false });
const startCluster = (port = 0): Promise<EmbeddedCluster> =>
  startEmbeddedCluster({ dataDir: join(folder, 'cluster'), port });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-faults-'));
  mkdirSync(join(folder, 'postgres'));
  [postgres, nats, cluster] = await Promise.all([startDatabase(), startBroker(), startCluster()]);
  const kubeconfig = join(folder, 'kubeconfig.yaml');
  writeFileSync(kubeconfig, cluster.kubeconfig, { mode: 0o600 });
  instance = await startInstance({
    args: ['--kubeconfig', kubeconfig],
    env: { DATABASE_URL: postgres.ownerUrl, NATS_URL: nats.url },
  });
}, 120_000);
afterAll(async () => {
  await instance.close();
  await Promise.all([cluster.close(), nats.stop(), postgres.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

const deploy = (name: string): Promise<Answer> =>
  instance.client.send('POST', '/v1/deployments', { app_name: name, image: 'registry.example.org/shop:1', port: 8080 });

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

describe('a cluster that is away', () => {
  it('takes commands, says so and since when, and converges when it is back', async () => {
    await cluster.close();
    const created = await deploy('no-cluster');
    expect(created.status).toBe(201);
    const path = `/v1/deployments/${String(created.body.id)}`;
    const status = await waitFor(
      async () => {
        const { body } = await instance.client.send('GET', `${path}/status`);
        return body.reason === 'ClusterUnreachable' ? body : null;
      },
      { timeoutMs: 20_000 },
    );
    expect(status).toMatchObject({ status: 'pending', health: 'unknown' });
    expect(String(status.message)).toMatch(/since/);
    cluster = await startCluster(cluster.port);
    await waitFor(async () => (await instance.client.send('GET', path)).body.status === 'running', {
      timeoutMs: 60_000,
    });
  }, 120_000);
});
