// A user of the Porter dialect brings a cluster and reads the releases that Helm keeps in it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { connectCluster, isRefused, trustedConnection, type Cluster } from '@slipway/cluster';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startInstance, type Instance } from './fixture/instance.js';

const NAMESPACE = 'porter-story';

let instance: Instance;
let cluster: Cluster;
let kubeconfig: string;
let session = '';
let user = '';

beforeAll(async () => {
  instance = await startInstance();
  const file = process.env.KUBECONFIG_TEST ?? join(instance.dataDir, 'kubeconfig.yaml');
  kubeconfig = readFileSync(file, 'utf8');
  const connection = trustedConnection(kubeconfig);
  if (isRefused(connection)) throw new Error(connection.refused);
  cluster = connectCluster(connection);
  await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
}, 120_000);
afterAll(async () => {
  await cluster.delete({ kind: 'Namespace', name: NAMESPACE });
  await cluster.close();
  await instance.close();
});

/** Writes a revision down as Helm does. */
async function keep(version: number, status: string): Promise<void> {
  const times = { first_deployed: '2026-03-01T10:00:00Z', last_deployed: `2026-03-0${version}T10:00:00Z`, deleted: '' };
  const chart = { metadata: { name: 'ledger', version: '1.2.0', apiVersion: 'v2' } };
  const manifest = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ledger }\ndata: { revision: '${version}' }\n`;
  const record = { name: 'ledger', namespace: NAMESPACE, version, info: { ...times, status }, chart, manifest };
  const release = Buffer.from(gzipSync(JSON.stringify(record)).toString('base64')).toString('base64');
  await cluster.apply({
    ...{ apiVersion: 'v1', kind: 'Secret', type: 'helm.sh/release.v1', data: { release } },
    metadata: {
      ...{ name: `sh.helm.release.v1.ledger.v${version}`, namespace: NAMESPACE },
      labels: { owner: 'helm', name: 'ledger', status, version: String(version) },
    },
  });
}

async function send(request: string, body?: object): Promise<{ status: number; body: unknown; headers: Headers }> {
  const [method = '', path = ''] = request.split(' ');
  const answer = await fetch(new URL(path, instance.url), {
    method,
    headers: session ? { cookie: session } : {},
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? undefined : JSON.parse(text), headers: answer.headers };
}

describe('releases of Helm', () => {
  it('belong to whoever brings their cluster', async () => {
    const registered = await send('POST /api/users', { email: 'ada@example.org', password: 'tide-table' });
    session = registered.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
    user = registered.headers.get('location') ?? '';
    expect((await send(`PUT ${user}`, { rawKubeConfig: kubeconfig })).status).toBe(204);
    const { body } = await send(`GET ${user}/contexts`);
    const [{ name = '', selected } = {}] = body as { name?: string; selected?: boolean }[];
    expect([name, selected]).toEqual([expect.stringMatching(/./), false]);
    const refused = await send(`GET /api/charts?storage=secret&context=${encodeURIComponent(name)}`);
    expect(refused.status).toBe(422);
    expect((await send(`PUT ${user}`, { allowedContexts: [name] })).status).toBe(204);

    await keep(1, 'superseded');
    await keep(2, 'deployed');
    const place = `?storage=secret&namespace=${NAMESPACE}&context=${encodeURIComponent(name)}`;
    expect((await send(`GET /api/charts${place}`)).body).toMatchObject([
      { name: 'ledger', version: 2, info: { status: 'deployed' }, namespace: NAMESPACE },
    ]);
    expect((await send(`GET /api/releases/ledger/1${place}`)).body).toMatchObject({
      version: 1,
      info: { status: 'superseded', last_deployed: '2026-03-01T10:00:00Z' },
      chart: { metadata: { name: 'ledger', version: '1.2.0' }, values: null },
    });
    expect((await send(`GET /api/charts/ledger/history${place}`)).body).toMatchObject([{ version: 1 }, { version: 2 }]);
    const namespaces = await send(`GET /api/k8s/namespaces?context=${encodeURIComponent(name)}`);
    expect((namespaces.body as { items: unknown[] }).items).toContainEqual({ metadata: { name: NAMESPACE } });

    // Somebody else's upgrade is seen at once.
    await keep(2, 'superseded');
    await keep(3, 'failed');
    expect((await send(`GET /api/charts${place}`)).body).toMatchObject([{ version: 3, info: { status: 'failed' } }]);

    const back = { context: name, storage: 'secret', namespace: NAMESPACE, revision: 2 };
    expect(await send('POST /api/charts/ledger/rollback', back)).toMatchObject({ status: 200, body: undefined });
    expect((await send(`GET /api/charts/ledger/0${place}`)).body).toMatchObject({
      version: 4,
      info: { status: 'deployed', description: 'Rollback to 2', first_deployed: '2026-03-01T10:00:00Z' },
    });
    const applied = await cluster.get({ kind: 'ConfigMap', namespace: NAMESPACE, name: 'ledger' });
    expect(applied?.data).toEqual({ revision: '2' });
  }, 60_000);
});
