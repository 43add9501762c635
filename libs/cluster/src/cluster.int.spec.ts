import { startEmbeddedCluster, type EmbeddedCluster } from '@slipway/embedded-cluster';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { json, ScriptedCluster, statusObject, waitFor } from './fixture/scripted-cluster.js';
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
    const guarded = connectCluster(clean, { addresses: ['loopback'] });
    await guarded.ping();
    expect((await guarded.version()).gitVersion).toMatch(/^v1\./);
    await guarded.close();
    const strict = connectCluster(clean);
    await expect(strict.ping()).rejects.toMatchObject({ kind: 'unreachable', reason: 'AddressRefused' });
    await strict.close();
  });

  it('takes what the cluster has answered to another call for an answer to a ping, while that is fresh', async () => {
    const scripted = await new ScriptedCluster().start();
    scripted.reply = (response) => json(response, 401, statusObject(401, 'Unauthorized'));
    const other = connectCluster(scripted.connection());
    const asked = (): string[] => scripted.requests.splice(0).map(({ url }) => url);
    await expect(other.version()).rejects.toMatchObject({ status: 401 });
    await expect(other.ping(60_000)).rejects.toMatchObject({ status: 401 });
    expect(asked()).toEqual(['/version', '/api']);
    scripted.reply = (response) => json(response, 200, {});
    await other.version();
    await other.ping(60_000);
    await other.ping();
    expect(asked()).toEqual(['/version', '/api']);
    const fresh = performance.now();
    await waitFor(() => performance.now() - fresh > 50);
    await other.ping(50);
    expect(asked()).toEqual(['/api']);
    await other.close();
    await scripted.stop();
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
});
