import { startEmbeddedCluster, type EmbeddedCluster } from '@slipway/embedded-cluster';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { waitFor } from './fixture/scripted-cluster.js';
import { connectCluster, type Cluster } from './cluster.js';
import { OperatorConnection, trustedConnection } from './connection/operator-connection.js';
import { isRefused } from './kubeconfig/clean-connection.js';
import { rebuildKubeconfig } from './kubeconfig/rebuild-kubeconfig.js';
import type { LogLine } from './logs/log-line.js';
import type { KubeObject } from './objects/kube-object.js';
import type { V1Deployment } from './objects/typed-objects.js';

describe('connectCluster', () => {
  let embedded: EmbeddedCluster;
  let cluster: Cluster;
  let namespace: string;
  let count = 0;

  beforeAll(async () => {
    embedded = await startEmbeddedCluster({
      timings: {
        pullMs: 20,
        startMs: 10,
        readyMs: 10,
        crashAfterMs: 50,
        terminationMs: 30,
        logIntervalMs: 50,
        bookmarkMs: 100,
      },
    });
  });
  afterAll(() => embedded.close());
  beforeEach(async () => {
    const connection = trustedConnection(embedded.kubeconfig);
    if (isRefused(connection)) {
      throw new Error(connection.refused);
    }
    cluster = connectCluster(connection);
    count += 1;
    namespace = `docks-${count}`;
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  });
  afterEach(async () => {
    embedded.faults.clear();
    await cluster.close();
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

  const deployment = (name: string, replicas: number, image = 'registry.example.com/web:1'): V1Deployment => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels: { app: name } },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image }] } },
    },
  });

  async function runningPod(image?: string): Promise<string> {
    await cluster.apply(deployment('web', 1, image));
    const pod = await waitFor(async () => {
      const pods = await cluster.list('Pod', { namespace, labelSelector: 'app=web' });
      return pods.find((candidate) => candidate.status?.containerStatuses?.some(({ state }) => state?.running));
    });
    return pod.metadata.name;
  }

  it('reaches the cluster over TLS with what the guard leaves of its kubeconfig', async () => {
    const clean = rebuildKubeconfig(embedded.kubeconfig);
    if (isRefused(clean)) {
      throw new Error(clean.refused);
    }
    const guarded = connectCluster(clean, { addresses: { loopback: true } });
    await guarded.ping();
    expect((await guarded.version()).gitVersion).toMatch(/^v1\./);
    await guarded.close();
    const strict = connectCluster(clean);
    await expect(strict.ping()).rejects.toMatchObject({ kind: 'unreachable', reason: 'AddressRefused' });
    await strict.close();
  });

  it('says that the credentials or the certificate are wrong', async () => {
    const connection = { context: 'x', server: embedded.url, certificateAuthority: embedded.caPem };
    const stranger = connectCluster(new OperatorConnection({ ...connection, token: 'wrong' }));
    await expect(stranger.ping()).rejects.toMatchObject({ kind: 'forbidden', status: 401 });
    const distrustful = connectCluster(
      new OperatorConnection({ context: 'x', server: embedded.url, token: embedded.token }),
    );
    await expect(distrustful.ping()).rejects.toMatchObject({ kind: 'unreachable', reason: 'UntrustedCertificate' });
    await Promise.all([stranger.close(), distrustful.close()]);
  });

  describe('apply', () => {
    it('makes no second write when the object is equal', async () => {
      const first = await cluster.apply(deployment('web', 0));
      expect(first.metadata).not.toHaveProperty('managedFields');
      const settled = await waitFor(async () => {
        const now = await cluster.get({ kind: 'Deployment', namespace, name: 'web' });
        return now?.status?.observedGeneration === 1 ? now : undefined;
      });
      const writes = embedded.writes().length;
      const second = await cluster.apply(deployment('web', 0));
      expect(second.metadata.resourceVersion).toBe(settled.metadata.resourceVersion);
      expect(embedded.writes()).toHaveLength(writes);
    });

    it('removes the fields that it named before and names no longer', async () => {
      await cluster.apply(configMap('env', { a: '1', b: '2' }));
      expect(await cluster.apply(configMap('env', { b: '3' }))).toMatchObject({ data: { b: '3' } });
      expect((await cluster.get({ kind: 'ConfigMap', namespace, name: 'env' }))?.data).toEqual({ b: '3' });
    });

    it('takes a field over by force, and throws a conflict without', async () => {
      await cluster.apply(configMap('env', { a: 'theirs' }), { fieldManager: 'somebody-else' });
      await expect(cluster.apply(configMap('env', { a: 'ours' }), { force: false })).rejects.toMatchObject({
        kind: 'conflict',
        message: expect.stringContaining('somebody-else'),
      });
      expect(await cluster.apply(configMap('env', { a: 'ours' }))).toMatchObject({ data: { a: 'ours' } });
    });

    it('stores nothing in a dry run', async () => {
      expect(await cluster.apply(configMap('env', { a: '1' }), { dryRun: true })).toMatchObject({ data: { a: '1' } });
      expect(await cluster.get({ kind: 'ConfigMap', namespace, name: 'env' })).toBeUndefined();
    });

    it('throws invalid for what the cluster or Slipway refuses', async () => {
      await expect(cluster.apply(deployment('web', -1))).rejects.toMatchObject({
        kind: 'invalid',
        status: 422,
        retriable: false,
      });
      const stranger = { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'a', namespace } };
      await expect(cluster.apply(stranger)).rejects.toMatchObject({ kind: 'invalid', reason: 'UnknownKind' });
      await expect(cluster.apply({ ...deployment('web', 1), apiVersion: 'apps/v1beta1' })).rejects.toMatchObject({
        kind: 'invalid',
        reason: 'UnknownKind',
      });
    });

    it('says that the namespace is absent or on its way out', async () => {
      const elsewhere = configMap('env', {});
      elsewhere.metadata.namespace = 'nowhere';
      await expect(cluster.apply(elsewhere)).rejects.toMatchObject({ kind: 'not_found' });
      await runningPod();
      await cluster.delete({ kind: 'Namespace', name: namespace });
      await expect(cluster.apply(configMap('env', {}))).rejects.toMatchObject({ kind: 'terminating', retriable: true });
    });

    it('retries nothing by itself and says what may be retried', async () => {
      embedded.faults.add({ verb: 'apply', resource: 'configmaps', status: 429, retryAfterSeconds: 2 });
      await expect(cluster.apply(configMap('env', {}))).rejects.toMatchObject({
        kind: 'unavailable',
        retriable: true,
        retryAfterSeconds: 2,
      });
      embedded.faults.add({ verb: 'apply', resource: 'configmaps', drop: 'after' });
      await expect(cluster.apply(configMap('env', {}))).rejects.toMatchObject({ kind: 'unreachable', retriable: true });
      expect(await cluster.get({ kind: 'ConfigMap', namespace, name: 'env' })).toBeDefined();
    });
  });

  describe('list', () => {
    it('gives every object over all pages, with its kind, by selector', async () => {
      const names = Array.from({ length: 7 }, (_, position) => `page-${position}`);
      for (const name of names) {
        await cluster.apply(configMap(name, {}, { part: name < 'page-5' ? 'first' : 'rest' }));
      }
      const listed = await cluster.list('ConfigMap', { namespace, labelSelector: 'part', limit: 3 });
      expect(listed.map(({ metadata }) => metadata.name).sort()).toEqual(names);
      expect(listed[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
      expect(await cluster.list('ConfigMap', { namespace, labelSelector: 'part=rest' })).toHaveLength(2);
      expect(await cluster.list('ConfigMap', { namespace, fieldSelector: 'metadata.name=page-3' })).toHaveLength(1);
    });
  });

  describe('delete', () => {
    it('is content with what is gone, and spares another incarnation', async () => {
      const { metadata } = await cluster.apply(configMap('env', {}));
      const ref = { kind: 'ConfigMap', namespace, name: 'env' } as const;
      await expect(cluster.delete(ref, { uid: '00000000-0000-0000-0000-000000000000' })).rejects.toMatchObject({
        kind: 'conflict',
      });
      expect(await cluster.delete(ref, { uid: metadata.uid })).toBe(true);
      expect(await cluster.delete(ref)).toBe(false);
    });
  });

  describe('prune', () => {
    it('deletes what is ours and unwanted, and nothing else', async () => {
      const ours = { 'app.kubernetes.io/instance': 'web' };
      await cluster.apply(configMap('wanted', {}, ours));
      await cluster.apply(configMap('unwanted', {}, ours));
      await cluster.apply(configMap('foreign', {}));
      const web = deployment('web', 1);
      Object.assign(web.metadata.labels ?? {}, ours);
      Object.assign(web.spec?.template.metadata?.labels ?? {}, ours);
      await cluster.apply(web);
      await waitFor(async () => (await cluster.list('ReplicaSet', { namespace })).length === 1);
      const pruned = await cluster.prune({
        namespace,
        kinds: ['ConfigMap', 'Deployment', 'ReplicaSet', 'Pod'],
        labelSelector: 'app.kubernetes.io/instance=web',
        keep: [
          { kind: 'ConfigMap', name: 'wanted' },
          { kind: 'Deployment', name: 'web' },
        ],
      });
      expect(pruned).toEqual([{ kind: 'ConfigMap', namespace, name: 'unwanted' }]);
      const left = await cluster.list('ConfigMap', { namespace, fieldSelector: 'metadata.name!=kube-root-ca.crt' });
      expect(left.map(({ metadata }) => metadata.name).sort()).toEqual(['foreign', 'wanted']);
    });

    it('refuses to prune without a selector', async () => {
      await expect(
        cluster.prune({ namespace, kinds: ['ConfigMap'], labelSelector: ' ', keep: [] }),
      ).rejects.toMatchObject({ kind: 'invalid' });
    });
  });

  describe('watch', () => {
    it('follows across dropped connections and forgotten history', async () => {
      const seen: string[] = [];
      const watcher = cluster.watch('ConfigMap', { namespace, labelSelector: 'mine' }, ({ type, object }) =>
        seen.push(`${type} ${object.metadata.name}`),
      );
      await watcher.synced;
      await cluster.apply(configMap('a', {}, { mine: '' }));
      await waitFor(() => seen.includes('added a'));

      embedded.faults.cutConnections();
      await cluster
        .apply(configMap('b', {}, { mine: '' }))
        .catch(() => cluster.apply(configMap('b', {}, { mine: '' })));
      await waitFor(() => seen.includes('added b'));

      embedded.faults.add({ verb: 'watch', resource: 'configmaps', status: 503, times: 2 });
      embedded.faults.cutConnections();
      await waitFor(() => watcher.lastError?.kind === 'unavailable');
      await cluster.delete({ kind: 'ConfigMap', namespace, name: 'a' });
      await cluster.apply(configMap('c', {}, { mine: '' }));
      embedded.faults.forgetHistory();
      await waitFor(() => seen.includes('added c') && seen.includes('removed a'));
      expect(watcher.list(namespace).map(({ metadata }) => metadata.name)).toEqual(['b', 'c']);
      expect(seen).toEqual(['added a', 'added b', 'removed a', 'added c']);
    });

    it('hears from a quiet cluster by bookmarks', async () => {
      const watcher = cluster.watch('Secret', { namespace }, () => undefined);
      await watcher.synced;
      const { lastContactAt } = watcher;
      await waitFor(() => Number(watcher.lastContactAt) > Number(lastContactAt) + 90);
    });
  });

  describe('logs', () => {
    it('follows to the end of the container, each line once with its time', async () => {
      const pod = await runningPod();
      const lines: LogLine[] = [];
      const signal = new AbortController().signal;
      const followed = cluster.followLog(
        { namespace, pod, container: 'main', signal },
        (line) => void lines.push(line),
      );
      await waitFor(() => lines.length >= 4);
      await cluster.delete({ kind: 'Deployment', namespace, name: 'web' });
      await followed;
      expect(new Set(lines.map(({ time }) => time)).size).toBe(lines.length);
      expect(lines.every(({ time, text }) => /\.\d{9}Z$/.test(time) && text !== '')).toBe(true);
    });

    it('goes on after a broken connection from the last time, when the caller drops what it knows', async () => {
      const pod = await runningPod();
      const lines: LogLine[] = [];
      const stop = new AbortController();
      const source = { namespace, pod, container: 'main', signal: stop.signal };
      const followed = cluster.followLog(source, (line) => void lines.push(line));
      await waitFor(() => lines.length >= 3);
      embedded.faults.cutConnections();
      await expect(followed).rejects.toMatchObject({ kind: 'unreachable' });
      const last = lines.at(-1)?.time ?? '';
      const resumed = cluster.followLog({ ...source, sinceTime: last }, (line) => {
        if (line.time > last) {
          lines.push(line);
        }
      });
      await waitFor(() => lines.length >= 6);
      stop.abort();
      await resumed;
      const whole = await cluster.readLog({ namespace, pod, container: 'main' });
      expect(whole.slice(0, lines.length)).toEqual(lines);
      expect(await cluster.readLog({ namespace, pod, container: 'main', tailLines: 2 })).toHaveLength(2);
      const later = new Date(Date.now() + 60_000).toISOString();
      expect(await cluster.readLog({ namespace, pod, container: 'main', sinceTime: later })).toEqual([]);
    });

    it('reads what a crashed container wrote before', async () => {
      await cluster.apply(deployment('web', 1, 'registry.example.com/crash'));
      const pod = await waitFor(async () => {
        const [first] = await cluster.list('Pod', { namespace });
        return (first?.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0 ? first : undefined;
      });
      const source = { namespace, pod: pod.metadata.name, container: 'main' };
      const [current] = await waitFor(async () => {
        const lines = await cluster.readLog(source);
        return lines.length > 0 && lines;
      });
      const [previous] = await cluster.readLog({ ...source, previous: true });
      expect(previous?.time).toMatch(/Z$/);
      expect(previous?.time).not.toBe(current?.time);
      await expect(cluster.readLog({ ...source, container: 'none' })).rejects.toMatchObject({ kind: 'not_found' });
      await expect(cluster.readLog({ ...source, pod: 'none' })).rejects.toMatchObject({
        kind: 'not_found',
        status: 404,
      });
    });

    it('says that a container has not started', async () => {
      await cluster.apply(deployment('web', 1, 'registry.example.com/missing'));
      const pod = await waitFor(async () => (await cluster.list('Pod', { namespace }))[0]?.metadata.name);
      await expect(cluster.readLog({ namespace, pod, container: 'main' })).rejects.toMatchObject({
        kind: 'unavailable',
        reason: 'ContainerWaiting',
        retriable: true,
      });
    });
  });

  describe('lease', () => {
    it('hands over from one replica to another', async () => {
      const other = connectCluster(
        new OperatorConnection({
          context: 'b',
          server: embedded.url,
          certificateAuthority: embedded.caPem,
          token: embedded.token,
        }),
      );
      const options = { namespace, name: 'deployments', durationSeconds: 3 };
      const a = cluster.lease({ ...options, identity: 'a' });
      await waitFor(() => a.isLeader());
      const b = other.lease({ ...options, identity: 'b' });
      await a.close();
      await waitFor(() => b.isLeader());
      expect(a.isLeader()).toBe(false);
      expect((await cluster.get({ kind: 'Lease', namespace, name: 'deployments' }))?.spec).toMatchObject({
        holderIdentity: 'b',
        leaseTransitions: 1,
      });
      await other.close();
      expect(b.isLeader()).toBe(false);
    });
  });
});
