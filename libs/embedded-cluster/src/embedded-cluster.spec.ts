import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { type EmbeddedCluster, type EmbeddedClusterOptions, startEmbeddedCluster } from './embedded-cluster.js';
import { apiClient } from './spec-support/api-client.js';
import { eventually } from './spec-support/eventually.js';

describe('startEmbeddedCluster', () => {
  const running: EmbeddedCluster[] = [];
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'embedded-cluster-'));
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((cluster) => cluster.close()));
    await rm(folder, { recursive: true });
  });

  const start = async (options: EmbeddedClusterOptions = {}): Promise<EmbeddedCluster> => {
    const cluster = await startEmbeddedCluster(options);
    running.push(cluster);
    return cluster;
  };

  it('serves HTTPS on a free port of the loopback address under its own authority', async () => {
    const cluster = await start();
    expect(cluster.url).toBe(`https://127.0.0.1:${cluster.port}`);
    const { status, body } = await apiClient(cluster).ask('GET', '/version');
    expect([status, body]).toEqual([200, expect.objectContaining({ gitVersion: 'v1.36.3' })]);
    const stranger = await start();
    await expect(apiClient({ ...cluster, caPem: stranger.caPem }).ask('GET', '/version')).rejects.toThrow(
      /certificate|signature/,
    );
  });

  it.each([
    ['403 to no token', '', 403],
    ['401 to another token', 'nobody', 401],
  ])('answers %s', async (_, token, wanted) => {
    const { status } = await apiClient(await start()).ask('GET', '/api/v1/pods', { token });
    expect(status).toBe(wanted);
  });

  it('gives a kubeconfig that says all of it', async () => {
    const cluster = await start();
    expect(parse(cluster.kubeconfig)).toMatchObject({
      'current-context': 'embedded',
      clusters: [
        {
          cluster: {
            server: cluster.url,
            'certificate-authority-data': Buffer.from(cluster.caPem).toString('base64'),
          },
        },
      ],
      users: [{ user: { token: cluster.token } }],
    });
  });

  it('keeps authority, token and port over a restart in a file for its owner alone, but no objects', async () => {
    const first = await start({ dataDir: join(folder, 'data') });
    await apiClient(first).ask('POST', '/api/v1/namespaces', { body: { metadata: { name: 'shop' } } });
    const before = await apiClient(first).ask('GET', '/api/v1/namespaces');
    await first.close();

    const second = await start({ dataDir: join(folder, 'data') });
    expect(second).toMatchObject({
      caPem: first.caPem,
      token: first.token,
      port: first.port,
      kubeconfig: first.kubeconfig,
    });
    expect((await stat(join(folder, 'data', 'embedded-cluster.json'))).mode & 0o777).toBe(0o600);
    expect((await apiClient(second).ask('GET', '/api/v1/namespaces/shop')).status).toBe(404);

    // Who watched the first cluster learns that what it knew is gone.
    const version = before.body.metadata.resourceVersion;
    const watch = await apiClient(second).stream(`/api/v1/namespaces?watch=true&resourceVersion=${version}`);
    await watch.ended;
    expect(watch.events()).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }]);
  });

  it('takes writes of which nothing comes while its controllers are paused, and catches up afterwards', async () => {
    const cluster = await start();
    const api = apiClient(cluster);
    const path = '/apis/apps/v1/namespaces/default/deployments';
    const labels = { app: 'shop' };
    const template = {
      metadata: { labels },
      spec: { containers: [{ name: 'app', image: 'registry.example.org/shop:1' }] },
    };
    const resume = cluster.faults.pauseControllers();
    const body = { metadata: { name: 'shop' }, spec: { replicas: 1, selector: { matchLabels: labels }, template } };
    expect((await api.ask('POST', path, { body })).status).toBe(201);
    const silent = await api.ask('GET', '/apis/apps/v1/namespaces/default/replicasets');
    expect(silent.body).toMatchObject({ items: [] });
    resume();
    await eventually(async () =>
      expect((await api.ask('GET', `${path}/shop`)).body).toMatchObject({ status: { readyReplicas: 1 } }),
    );
  });

  it('makes a new certificate under the same authority for a new name', async () => {
    const first = await start({ dataDir: folder });
    await first.close();
    const second = await start({ dataDir: folder, names: ['cluster.internal', '127.0.0.9'] });
    expect(second.caPem).toBe(first.caPem);
    expect(second.url).toBe(`https://cluster.internal:${first.port}`);
    const onLoopback = { ...second, url: `https://127.0.0.1:${second.port}` };
    expect((await apiClient(onLoopback).ask('GET', '/readyz')).text).toBe('ok');
    const kept = JSON.parse(await readFile(join(folder, 'embedded-cluster.json'), 'utf8')) as { server: object };
    expect(kept.server).toMatchObject({ hosts: ['cluster.internal', '127.0.0.9', 'localhost', '127.0.0.1'] });
  });

  it('says so when the port that it is told is taken, and leaves the kept one to its neighbour', async () => {
    const neighbour = createServer();
    const first = await start({ dataDir: folder });
    await first.close();
    await new Promise<void>((resolve) => neighbour.listen(first.port, '127.0.0.1', resolve));
    try {
      await expect(start({ port: first.port })).rejects.toThrow(
        `port ${first.port} for the embedded cluster is taken; choose another one`,
      );
      const second = await start({ dataDir: folder });
      expect(second.port).not.toBe(first.port);
    } finally {
      await new Promise((resolve) => neighbour.close(resolve));
    }
  });

  it('names the file when what it kept is broken', async () => {
    const { writeFile } = await import('node:fs/promises');
    await writeFile(join(folder, 'embedded-cluster.json'), '{');
    await expect(start({ dataDir: folder })).rejects.toThrow(
      /embedded-cluster\.json holds no JSON; remove it, and the embedded cluster makes a new certificate and token/,
    );
  });

  it('is empty again after a reset, which ends open watches', async () => {
    const cluster = await start({ timings: { pullMs: 5, startMs: 5, readyMs: 5 } });
    const api = apiClient(cluster);
    await api.ask('POST', '/api/v1/namespaces', { body: { metadata: { name: 'shop' } } });
    const pod = { metadata: { name: 'web' }, spec: { containers: [{ name: 'web', image: 'nginx' }] } };
    await api.ask('POST', '/api/v1/namespaces/shop/pods', { body: pod });
    await eventually(async () => {
      const { body } = await api.ask('GET', '/api/v1/namespaces/shop/pods/web');
      expect(body.status?.phase).toBe('Running');
    });
    const watch = await api.stream('/api/v1/pods?watch=true');
    cluster.faults.add({ status: 500 });
    cluster.reset();
    await watch.ended;
    expect((await api.ask('GET', '/api/v1/pods')).body.items).toEqual([]);
    expect((await api.ask('GET', '/api/v1/namespaces')).body.items).toHaveLength(4);
    expect(cluster.writes()).toEqual([]);
  });

  it('lists what clients wrote, and neither equal writes nor those of its own controllers', async () => {
    const cluster = await start();
    const api = apiClient(cluster);
    const path = '/api/v1/namespaces/default/configmaps/settings';
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { a: '1' } };
    await api.apply(path, body, 'fieldManager=slipway');
    await api.apply(path, body, 'fieldManager=slipway');
    await api.ask('PATCH', path, { body: { data: { a: '1' } } });
    await api.ask('PATCH', `${path}?dryRun=All`, { body: { data: { a: '2' } } });
    await api.ask('DELETE', path);
    await api.ask('DELETE', path);
    const address = '127.0.0.1';
    expect(cluster.writes()).toMatchObject([
      { verb: 'apply', resource: 'configmaps', namespace: 'default', name: 'settings', manager: 'slipway', address },
      { verb: 'delete', resource: 'configmaps', name: 'settings', manager: 'spec', address },
    ]);
  });

  it('closes while a client is in the middle of its handshake', async () => {
    const cluster = await start();
    const socket = connect(cluster.port, '127.0.0.1');
    const ended = new Promise((resolve) => socket.once('close', resolve));
    await new Promise((resolve) => socket.once('connect', resolve));
    await cluster.close();
    await ended;
  });

  it('closes while clients watch', async () => {
    const cluster = await start();
    const watch = await apiClient(cluster).stream('/api/v1/pods?watch=true');
    await cluster.close();
    await watch.ended;
    await expect(apiClient(cluster).ask('GET', '/version')).rejects.toThrow('ECONNREFUSED');
  });
});
