import { afterEach, describe, expect, it } from 'vitest';

import { type EmbeddedCluster, startEmbeddedCluster } from './embedded-cluster.js';
import type { JsonObject } from './objects.js';
import { type ApiClient, apiClient } from './spec-support/api-client.js';
import { eventually } from './spec-support/eventually.js';
import { podBody } from './spec-support/simulation.js';

const timings = { pullMs: 5, startMs: 5, readyMs: 5, crashAfterMs: 5, backOffMs: 60_000 };
const core = '/api/v1/namespaces/default/pods';
const path = '/apis/metrics.k8s.io/v1beta1/namespaces/default/pods';

describe('metrics.k8s.io', () => {
  let cluster: EmbeddedCluster;
  let api: ApiClient;
  const start = async (options: { metrics?: boolean } = {}): Promise<void> => {
    cluster = await startEmbeddedCluster({ timings, ...options });
    api = apiClient(cluster);
  };
  afterEach(() => cluster.close());

  const usage = async (name: string): Promise<JsonObject | undefined> => {
    const { body } = await api.ask('GET', `${path}/${name}`);
    return (body as unknown as { containers?: { usage: JsonObject }[] }).containers?.[0]?.usage;
  };

  it('tells of a running pod a part of what it asks for', async () => {
    await start();
    const resources = { requests: { cpu: '1', memory: '1Gi' } };
    await api.ask('POST', core, { body: podBody('asking', 'nginx', { resources }) });
    await api.ask('POST', core, { body: podBody('modest', 'nginx') });
    await eventually(async () => expect(await usage('asking')).toEqual({ cpu: '100m', memory: '512Mi' }));
    await eventually(async () => expect(await usage('modest')).toEqual({ cpu: '10m', memory: '32Mi' }));
    expect((await api.ask('GET', '/apis/metrics.k8s.io/v1beta1/pods')).body.items).toHaveLength(2);
  });

  it('leaves out a pod whose container waits for its next run', async () => {
    await start();
    await api.ask('POST', core, { body: podBody('broken', 'crash') });
    await eventually(async () => {
      const { status } = (await api.ask('GET', `${core}/broken`)).body;
      expect(JSON.stringify(status)).toContain('CrashLoopBackOff');
    });
    expect((await api.ask('GET', `${path}/broken`)).body.message).toBe(
      'podmetrics.metrics.k8s.io "default/broken" not found',
    );
    expect((await api.ask('GET', path)).body.items).toEqual([]);
  });

  it('takes no write and no watch', async () => {
    await start();
    expect((await api.ask('DELETE', path)).status).toBe(405);
    expect((await api.ask('GET', `${path}?watch=true`)).status).toBe(405);
    expect((await api.ask('GET', '/apis/metrics.k8s.io/v1beta1/volumes')).status).toBe(404);
  });

  it('suffers planned faults of its own', async () => {
    await start();
    cluster.faults.add({ resource: 'pods.metrics.k8s.io', status: 503 });
    expect((await api.ask('GET', core)).status).toBe(200);
    expect((await api.ask('GET', path)).status).toBe(503);
    expect((await api.ask('GET', path)).status).toBe(200);
  });

  it('is absent from a cluster without it', async () => {
    await start({ metrics: false });
    expect((await api.ask('GET', path)).status).toBe(404);
    expect((await api.ask('GET', '/apis/metrics.k8s.io/v1beta1')).status).toBe(404);
    expect((await api.ask('GET', '/apis')).text).not.toContain('metrics.k8s.io');
  });
});
