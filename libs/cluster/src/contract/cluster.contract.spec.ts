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
  const unique = (): string => `a-${randomInt(36 ** 6).toString(36)}`;

  it('answers a ping and its version', async () => {
    await cluster.ping();
    expect((await cluster.version()).gitVersion).toMatch(/^v1\./);
  });

  it('applies without a second write, and removes what is given up', async () => {
    const name = unique();
    const first = await cluster.apply(configMap(name, { a: '1', b: '2' }));
    const second = await cluster.apply(configMap(name, { a: '1', b: '2' }));
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    expect(await cluster.apply(configMap(name, { b: '3' }))).toMatchObject({ data: { b: '3' } });
    expect((await cluster.get({ kind: 'ConfigMap', namespace, name }))?.data).toEqual({ b: '3' });
  });

  it('conflicts with another manager, unless it is forced', async () => {
    const name = unique();
    await cluster.apply(configMap(name, { a: '1' }), { fieldManager: 'one' });
    const other = configMap(name, { a: '2' });
    await expect(cluster.apply(other, { fieldManager: 'two', force: false })).rejects.toMatchObject({
      kind: 'conflict',
      status: 409,
    });
    expect(await cluster.apply(other, { fieldManager: 'two', force: true })).toMatchObject({ data: { a: '2' } });
  });

  it('takes absence for no error', async () => {
    expect(await cluster.get({ kind: 'ConfigMap', namespace, name: 'absent' })).toBeUndefined();
    await cluster.delete({ kind: 'ConfigMap', namespace, name: 'absent' });
  });

  it('tells what is refused', async () => {
    await expect(cluster.apply(configMap('Upper', {}))).rejects.toMatchObject({ kind: 'invalid', status: 422 });
    const lost = { ...configMap('a', {}), metadata: { name: 'a', namespace: `${namespace}-absent` } };
    await expect(cluster.apply(lost)).rejects.toMatchObject({ kind: 'not_found', status: 404 });
  });

  it('lists by labels, and prunes what is not kept', async () => {
    const labels = { set: unique() };
    const labelSelector = `set=${labels.set}`;
    const names = ['a', 'b', 'c'].map((letter) => `${letter}-${labels.set}`);
    for (const name of names) await cluster.apply(configMap(name, {}, labels));
    const found = await cluster.list('ConfigMap', { namespace, labelSelector });
    expect(found.map(({ metadata }) => metadata.name)).toEqual(names);
    const [kept = ''] = names;
    await cluster.prune({ namespace, kinds: ['ConfigMap'], labelSelector, keep: [{ kind: 'ConfigMap', name: kept }] });
    const left = await cluster.list('ConfigMap', { namespace, labelSelector });
    expect(left.map(({ metadata }) => metadata.name)).toEqual([kept]);
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

  it('elects one leader, and another when it leaves', async () => {
    const name = unique();
    const [one, two] = ['one', 'two'].map((identity) => cluster.lease({ namespace, name, identity }));
    await waitFor(() => one?.isLeader() === true || two?.isLeader() === true);
    expect([one?.isLeader(), two?.isLeader()].filter(Boolean)).toHaveLength(1);
    const [leader, other] = one?.isLeader() ? [one, two] : [two, one];
    await leader?.close();
    await waitFor(() => other?.isLeader());
    await other?.close();
  });
});
