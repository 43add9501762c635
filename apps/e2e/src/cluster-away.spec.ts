// With an embedded cluster, which can be ended and come back at the same address, empty: no story for a real one, whose turn is in
// reconnection.parts.spec.ts.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startEmbeddedCluster, type EmbeddedCluster } from '@slipway/embedded-cluster';
import { waitFor } from '@slipway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startInstance, type Instance } from './fixture/instance.js';

let folder: string;
let cluster: EmbeddedCluster;
let instance: Instance;

const startCluster = (port = 0): Promise<EmbeddedCluster> =>
  startEmbeddedCluster({ dataDir: join(folder, 'cluster'), port });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-cluster-away-'));
  cluster = await startCluster();
  const kubeconfig = join(folder, 'kubeconfig.yaml');
  writeFileSync(kubeconfig, cluster.kubeconfig, { mode: 0o600 });
  instance = await startInstance({ args: ['--kubeconfig', kubeconfig] });
}, 120_000);
afterAll(async () => {
  await instance.close();
  await cluster.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a cluster that is away', () => {
  it('takes commands, says so and since when, and converges when it is back', async () => {
    await cluster.close();
    const created = await instance.client.send('POST', '/v1/deployments', {
      app_name: 'no-cluster',
      image: 'registry.example.org/shop:1',
      port: 8080,
    });
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
    // And the other way round: what is deleted meanwhile is out of sight at once, and gone when the cluster can be asked.
    await cluster.close();
    const deleted = await instance.client.send('DELETE', path, undefined, { Prefer: 'wait=0' });
    expect(deleted).toMatchObject({ status: 200, body: { namespace_deleted: false } });
    expect((await instance.client.send('GET', path)).status).toBe(404);
    const deleting = async () =>
      (await instance.client.send('GET', '/v1/deployments?status=deleting')).body.deployments;
    expect(await deleting()).toMatchObject([{ id: created.body.id }]);
    cluster = await startCluster(cluster.port);
    await waitFor(async () => ((await deleting()) as unknown[]).length === 0, { timeoutMs: 60_000 });
  }, 120_000);
});
