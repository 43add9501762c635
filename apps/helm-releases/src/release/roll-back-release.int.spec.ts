import { gunzipSync } from 'node:zlib';

import type { KubeObject } from '@slipway/cluster';
import { rollBackRelease, type RollBackRelease } from '@slipway/contracts';
import { actor } from '@slipway/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { HelmCluster } from '../fixture/helm-cluster.js';

const ONE = `
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, labels: { app: web } }
data: { colour: red, size: s }
---
# nothing here
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: robot }
`;
const TWO = `
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { colour: blue, shape: round }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: added }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: kept, annotations: { helm.sh/resource-policy: keep } }
`;

let helm: HelmCluster;
let name: string;
let count = 0;
beforeAll(async () => {
  helm = await HelmCluster.start(['shop']);
});
afterAll(() => helm.close());
beforeEach(async () => {
  name = `web${(count += 1)}`;
  for (const one of ['settings', 'added', 'kept'])
    await helm.cluster.delete({ kind: 'ConfigMap', namespace: 'shop', name: one });
  await helm.cluster.delete({ kind: 'ServiceAccount', namespace: 'shop', name: 'robot' });
});

/** As after an install of ONE and an upgrade to TWO, while somebody else changed a field. */
async function givenTwoRevisions(more: object = {}): Promise<void> {
  const chart = { metadata: { name: 'web', version: '1' }, values: { a: 1 } };
  await helm.put('secret', `shop/${name}.1 superseded`, '2026-03-01T10:00:00Z', {
    manifest: ONE,
    chart,
    config: { n: 1 },
    ...more,
  });
  await helm.put('secret', `shop/${name}.2 deployed`, '2026-03-02T10:00:00Z', {
    manifest: TWO,
    chart,
    config: { n: 2 },
  });
  for (const [object, data] of [
    ['settings', { colour: 'green', shape: 'round', theirs: 'x' }],
    ['added', {}],
    ['kept', {}],
  ] as const)
    await helm.cluster.apply({
      ...{ apiVersion: 'v1', kind: 'ConfigMap', data },
      metadata: {
        ...{ name: object, namespace: 'shop' },
        ...(object === 'kept' && { annotations: { 'helm.sh/resource-policy': 'keep' } }),
      },
    });
}

const rollBack = (more: Partial<RollBackRelease> = {}, call: object = {}) =>
  helm.harness.execute(
    rollBackRelease,
    { context: 'harbour', storage: 'secret', namespace: 'shop', name, ...more },
    { timeoutMs: 20_000, ...call },
  );

async function revisions(): Promise<Record<string, unknown>[]> {
  const secrets = await helm.cluster.list('Secret', { namespace: 'shop', labelSelector: `owner=helm,name=${name}` });
  return secrets
    .map(({ metadata, data }) => {
      const text = Buffer.from(data?.['release'] ?? '', 'base64').toString();
      const record = JSON.parse(gunzipSync(Buffer.from(text, 'base64')).toString()) as Record<string, unknown>;
      const info = record['info'] as Record<string, unknown>;
      expect(metadata.labels).toMatchObject({ status: info['status'], version: String(record['version']) });
      return {
        version: record['version'],
        status: info['status'],
        description: info['description'],
        config: record['config'],
      };
    })
    .sort((a, b) => Number(a.version) - Number(b.version));
}

const dataOf = async (object: string) =>
  (await helm.cluster.get({ kind: 'ConfigMap', namespace: 'shop', name: object }))?.data;

describe('rolling a release back', () => {
  it('makes the revision before the next one, and its manifest the cluster’s: what only the later one had goes, what others set stays', async () => {
    await givenTwoRevisions();
    await rollBack();
    expect(await revisions()).toEqual([
      { version: 1, status: 'superseded', description: undefined, config: { n: 1 } },
      { version: 2, status: 'superseded', description: undefined, config: { n: 2 } },
      { version: 3, status: 'deployed', description: 'Rollback to 1', config: { n: 1 } },
    ]);
    expect(await dataOf('settings')).toEqual({ colour: 'red', size: 's', theirs: 'x' });
    expect(await dataOf('added')).toBeUndefined();
    expect(await helm.cluster.get({ kind: 'ConfigMap', namespace: 'shop', name: 'kept' })).toBeDefined();
    const robot = await helm.cluster.get({ kind: 'ServiceAccount', namespace: 'shop', name: 'robot' });
    expect(robot?.metadata).toMatchObject({
      labels: { 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: { 'meta.helm.sh/release-name': name, 'meta.helm.sh/release-namespace': 'shop' },
    });
  });

  it('repeated under one operation takes effect once, and goes on where a crash left it', async () => {
    await givenTwoRevisions();
    const once = { operationId: `op-${name}` };
    await rollBack({}, once);
    await rollBack({}, once);
    expect(await revisions()).toHaveLength(3);
    // As if the process had ended before it applied anything.
    const secret = await helm.cluster.get({ kind: 'Secret', namespace: 'shop', name: `sh.helm.release.v1.${name}.v3` });
    const labels = { ...secret?.metadata.labels, status: 'pending-rollback' };
    await helm.cluster.any.replace({ ...secret, metadata: { ...secret?.metadata, labels } } as KubeObject);
    await helm.cluster.delete({ kind: 'ServiceAccount', namespace: 'shop', name: 'robot' });
    await rollBack({}, once);
    expect(await helm.cluster.get({ kind: 'ServiceAccount', namespace: 'shop', name: 'robot' })).toBeDefined();
    expect((await revisions()).map(({ status }) => status)).toEqual(['superseded', 'superseded', 'deployed']);
  });

  it('that cannot be applied is a failed revision, and says why', async () => {
    await givenTwoRevisions({
      manifest: `${ONE}---\napiVersion: example.org/v1\nkind: Thing\nmetadata: { name: x }\n`,
    });
    const once = { operationId: `op-${name}` };
    const told = {
      problem: {
        kind: 'conflict',
        code: 'rollback_failed',
        text: expect.stringContaining('no Thing of example.org/v1') as string,
      },
    };
    await expect(rollBack({}, once)).rejects.toMatchObject(told);
    expect((await revisions()).at(-1)).toMatchObject({
      version: 3,
      status: 'failed',
      description: expect.stringMatching(/^Rollback "web\d+" failed: .*Thing/) as string,
    });
    await expect(rollBack({}, once)).rejects.toMatchObject({ problem: { code: 'rollback_failed' } });
    expect(await revisions()).toHaveLength(3);
    expect(await helm.cluster.get({ kind: 'ConfigMap', namespace: 'shop', name: 'added' })).toBeDefined();
    expect(await dataOf('settings')).toMatchObject({ colour: 'green' });
  });

  it('is refused to a credential that only reads', async () => {
    await givenTwoRevisions();
    const reader = actor();
    const call = { actor: { ...reader, credential: { ...reader.credential, scope: 'read' as const } } };
    await expect(rollBack({}, call)).rejects.toMatchObject({ problem: { kind: 'forbidden', code: 'read_only' } });
    expect(await revisions()).toHaveLength(2);
  });

  it('that takes longer than it may is a failed revision too', async () => {
    await givenTwoRevisions();
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    // The first one is that of the rollback itself.
    const bounds = vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      const isFirst = ms === 30_000 && bounds.mock.calls.filter(([asked]) => asked === 30_000).length === 1;
      return timeout(isFirst ? 500 : ms);
    });
    helm.harness.cluster.faults.add({ resource: 'serviceaccounts', delayMs: 2_000 });
    try {
      await expect(rollBack()).rejects.toMatchObject({ problem: { code: 'rollback_failed' } });
    } finally {
      bounds.mockRestore();
      helm.harness.cluster.faults.clear();
    }
    expect((await revisions()).map(({ status }) => status)).toEqual(['superseded', 'superseded', 'failed']);
  });

  it.each<[string, Partial<RollBackRelease>, object, string]>([
    ['of no such revision', { revision: 7 }, {}, 'not_found'],
    ['of no such release', { name: 'nobody' }, {}, 'not_found'],
    ['of an impossible name', { name: 'a,owner=helm' }, {}, 'not_found'],
    ['to a revision with rollback hooks', {}, { hooks: [{ name: 'h', events: ['pre-rollback'] }] }, 'conflict'],
    ['to a manifest that is no YAML', {}, { manifest: 'a: [' }, 'conflict'],
  ])('%s is refused', async (_, input, more, kind) => {
    await givenTwoRevisions(more);
    await expect(rollBack(input)).rejects.toMatchObject({ problem: { kind } });
    expect((await revisions()).filter(({ status }) => status === 'deployed').length).toBeLessThanOrEqual(1);
    expect(await dataOf('settings')).toEqual({ colour: 'green', shape: 'round', theirs: 'x' });
  });

  it('waits for nobody: one that runs is told, one that is stuck is overtaken', async () => {
    await givenTwoRevisions();
    await helm.put('secret', `shop/${name}.3 pending-rollback`, '2026-03-03T10:00:00Z', { manifest: TWO });
    const pending = { kind: 'Secret', namespace: 'shop', name: `sh.helm.release.v1.${name}.v3` } as const;
    const age = async (seconds: number): Promise<void> => {
      const secret = await helm.cluster.get(pending);
      const labels = { ...secret?.metadata.labels, createdAt: String(Math.floor(Date.now() / 1_000) - seconds) };
      await helm.cluster.any.replace({ ...secret, metadata: { ...secret?.metadata, labels } } as KubeObject);
    };
    await age(5);
    await expect(rollBack()).rejects.toMatchObject({ problem: { text: 'another rollback is running' } });
    await age(40);
    await rollBack({ revision: 1 });
    expect((await revisions()).map(({ version, status }) => [version, status])).toEqual([
      [1, 'superseded'],
      [2, 'superseded'],
      [3, 'pending-rollback'],
      [4, 'deployed'],
    ]);
  });
});
