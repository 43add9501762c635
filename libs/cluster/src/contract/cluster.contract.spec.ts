// The class Cluster itself, which Slipway uses, over the exchanges that the other files record. What it promises is said here, for both
// clusters alike; nothing is recorded.
import { randomInt } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { connectCluster, type Cluster } from '../cluster.js';
import {
  connectClusterUnderTest,
  newNamespaceName,
  type ClusterUnderTest,
} from '../fixture/contract/cluster-under-test.js';
import { waitFor } from '../fixture/scripted-cluster.js';
import type { KubeObject } from '../objects/kube-object.js';
import type { V1Deployment } from '../objects/typed-objects.js';

describe('Cluster', { timeout: 60_000 }, () => {
  let under: ClusterUnderTest;
  let cluster: Cluster;
  const namespace = newNamespaceName();
  beforeAll(async () => {
    under = await connectClusterUnderTest();
    cluster = connectCluster(under.connection);
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  });
  afterAll(async () => {
    await cluster.delete({ kind: 'Namespace', name: namespace });
    await cluster.close();
    await under.close();
  });

  const configMap = (
    name: string,
    data: Record<string, string>,
    labels: Record<string, string> = {},
  ): KubeObject & { data: unknown } => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels },
    data,
  });
  const deployment = (name: string, replicas: number): V1Deployment => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels: { set: name } },
    spec: {
      replicas,
      selector: { matchLabels: { set: name } },
      template: {
        metadata: { labels: { set: name } },
        spec: { containers: [{ name: 'main', image: `${under.registry}/slipway/web:1` }] },
      },
    },
  });
  const unique = (): string => `a-${randomInt(36 ** 6).toString(36)}`;

  it('answers a ping and its version', async () => {
    await cluster.ping();
    expect((await cluster.version()).gitVersion).toMatch(/^v1\./);
  });

  it('applies an equal object without a second write', async () => {
    const name = unique();
    const first = await cluster.apply(configMap(name, { a: '1', b: '2' }));
    expect(first.metadata).not.toHaveProperty('managedFields');
    const second = await cluster.apply(configMap(name, { a: '1', b: '2' }));
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  it('removes the fields that it named before and names no longer', async () => {
    const name = unique();
    await cluster.apply(configMap(name, { a: '1', b: '2' }));
    expect(await cluster.apply(configMap(name, { b: '3' }))).toMatchObject({ data: { b: '3' } });
    expect((await cluster.get({ kind: 'ConfigMap', namespace, name }))?.data).toEqual({ b: '3' });
  });

  it('takes a field over by force, and throws a conflict without', async () => {
    const name = unique();
    await cluster.apply(configMap(name, { a: 'theirs' }), { fieldManager: 'somebody-else' });
    await expect(cluster.apply(configMap(name, { a: 'ours' }), { force: false })).rejects.toMatchObject({
      kind: 'conflict',
      status: 409,
      message: expect.stringContaining('somebody-else'),
    });
    expect(await cluster.apply(configMap(name, { a: 'ours' }))).toMatchObject({ data: { a: 'ours' } });
  });

  it('stores nothing in a dry run', async () => {
    const name = unique();
    expect(await cluster.apply(configMap(name, { a: '1' }), { dryRun: true })).toMatchObject({ data: { a: '1' } });
    expect(await cluster.get({ kind: 'ConfigMap', namespace, name })).toBeUndefined();
  });

  it('tells what the cluster or Slipway refuses', async () => {
    const refused = { kind: 'invalid', status: 422, retriable: false };
    await expect(cluster.apply(configMap('Upper', {}))).rejects.toMatchObject(refused);
    await expect(cluster.apply(deployment(unique(), -1))).rejects.toMatchObject(refused);
    const lost = { ...configMap('a', {}), metadata: { name: 'a', namespace: `${namespace}-absent` } };
    await expect(cluster.apply(lost)).rejects.toMatchObject({ kind: 'not_found', status: 404 });
    const unknown = { kind: 'invalid', reason: 'UnknownKind' };
    const stranger = { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'a', namespace } };
    await expect(cluster.apply(stranger)).rejects.toMatchObject(unknown);
    const old = { ...deployment(unique(), 1), apiVersion: 'apps/v1beta1' };
    await expect(cluster.apply(old)).rejects.toMatchObject(unknown);
  });

  it('gives every object over all pages, with its kind, by selector', async () => {
    const set = unique();
    const names = Array.from({ length: 7 }, (_, position) => `page-${position}-${set}`);
    for (const name of names) {
      await cluster.apply(configMap(name, {}, { set, part: name < 'page-5' ? 'first' : 'rest' }));
    }
    const listed = await cluster.list('ConfigMap', { namespace, labelSelector: `set=${set}`, limit: 3 });
    expect(listed.map(({ metadata }) => metadata.name)).toEqual(names);
    expect(listed[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    expect(await cluster.list('ConfigMap', { namespace, labelSelector: `set=${set},part=rest` })).toHaveLength(2);
    expect(await cluster.list('ConfigMap', { namespace, fieldSelector: `metadata.name=${names[3]}` })).toHaveLength(1);
  });

  it('is content with what is gone, and spares another incarnation', async () => {
    const name = unique();
    const ref = { kind: 'ConfigMap', namespace, name } as const;
    expect(await cluster.get(ref)).toBeUndefined();
    expect(await cluster.delete(ref)).toBe(false);
    const { metadata } = await cluster.apply(configMap(name, {}));
    await expect(cluster.delete(ref, { uid: '00000000-0000-0000-0000-000000000000' })).rejects.toMatchObject({
      kind: 'conflict',
    });
    expect(await cluster.delete(ref, { uid: metadata.uid })).toBe(true);
    expect(await cluster.delete(ref)).toBe(false);
  });

  it('prunes what is ours and unwanted, and nothing else', async () => {
    const set = unique();
    await cluster.apply(configMap(`wanted-${set}`, {}, { set }));
    await cluster.apply(configMap(`unwanted-${set}`, {}, { set }));
    await cluster.apply(configMap(`foreign-${set}`, {}));
    await cluster.apply(deployment(set, 1));
    const labelSelector = `set=${set}`;
    await waitFor(async () => (await cluster.list('ReplicaSet', { namespace, labelSelector })).length === 1);
    const pruned = await cluster.prune({
      namespace,
      kinds: ['ConfigMap', 'Deployment', 'ReplicaSet', 'Pod'],
      labelSelector,
      keep: [
        { kind: 'ConfigMap', name: `wanted-${set}` },
        { kind: 'Deployment', name: set },
      ],
    });
    expect(pruned).toEqual([{ kind: 'ConfigMap', namespace, name: `unwanted-${set}` }]);
    const left = (await cluster.list('ConfigMap', { namespace })).map(({ metadata }) => metadata.name);
    expect(left.filter((name) => name.endsWith(set)).sort()).toEqual([`foreign-${set}`, `wanted-${set}`]);
  });

  it('refuses to prune without a selector', async () => {
    await expect(
      cluster.prune({ namespace, kinds: ['ConfigMap'], labelSelector: ' ', keep: [] }),
    ).rejects.toMatchObject({ kind: 'invalid' });
  });

  it('watches what appears, changes and goes', async () => {
    const labels = { set: unique() };
    const watch = cluster.watch('ConfigMap', { namespace, labelSelector: `set=${labels.set}` }, () => undefined);
    await watch.synced;
    const name = `w-${labels.set}`;
    await cluster.apply(configMap(name, { a: '1' }, labels));
    await waitFor(() => watch.list().some(({ metadata }) => metadata.name === name));
    await cluster.delete({ kind: 'ConfigMap', namespace, name });
    await waitFor(() => watch.list().length === 0);
    await watch.close();
  });

  it('hands the lead over from one replica to another', async () => {
    const other = connectCluster(under.connection);
    const lease = { namespace, name: unique(), durationSeconds: 3 };
    const one = cluster.lease({ ...lease, identity: 'one' });
    await waitFor(() => one.isLeader());
    const two = other.lease({ ...lease, identity: 'two' });
    await one.close();
    await waitFor(() => two.isLeader());
    expect(one.isLeader()).toBe(false);
    expect((await cluster.get({ kind: 'Lease', namespace, name: lease.name }))?.spec).toMatchObject({
      holderIdentity: 'two',
      leaseTransitions: 1,
    });
    await other.close();
    expect(two.isLeader()).toBe(false);
  });
});
