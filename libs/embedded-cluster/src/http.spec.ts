import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { type EmbeddedCluster, startEmbeddedCluster } from './embedded-cluster.js';
import type { JsonObject } from './objects.js';
import { type Answer, type ApiClient, apiClient } from './spec-support/api-client.js';
import { eventually } from './spec-support/eventually.js';
import { deploymentBody, podBody } from './spec-support/simulation.js';

const fast = {
  pullMs: 10,
  startMs: 5,
  readyMs: 5,
  terminationMs: 10,
  logIntervalMs: 20,
  crashAfterMs: 10,
  backOffMs: 20,
};
const core = '/api/v1/namespaces/shop';
const apps = '/apis/apps/v1/namespaces/shop';

describe('the API', () => {
  let cluster: EmbeddedCluster;
  let api: ApiClient;
  beforeAll(async () => {
    cluster = await startEmbeddedCluster({ timings: { ...fast, bookmarkMs: 30 } });
    api = apiClient(cluster);
  });
  afterAll(() => cluster.close());
  beforeEach(async () => {
    cluster.reset();
    await api.ask('POST', '/api/v1/namespaces', { body: { metadata: { name: 'shop' } } });
  });

  const configMap = (name: string, data: JsonObject = {}, labels: JsonObject = {}): Promise<Answer> =>
    api.ask('POST', `${core}/configmaps`, { body: { metadata: { name, labels }, data } });
  const refusal = ({ status, body }: Answer): [number, string, string] => [status, body.reason, body.message];

  describe('discovery', () => {
    it('names groups, versions, kinds, short names, verbs and subresources', async () => {
      expect((await api.ask('GET', '/api')).body).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
      const { body: groups } = await api.ask('GET', '/apis');
      expect(groups).toMatchObject({
        groups: expect.arrayContaining([
          expect.objectContaining({ name: 'apps' }),
          expect.objectContaining({ name: 'batch' }),
        ]),
      });
      expect((await api.ask('GET', '/apis/networking.k8s.io')).body).toMatchObject({
        kind: 'APIGroup',
        preferredVersion: { groupVersion: 'networking.k8s.io/v1' },
      });
      expect((await api.ask('GET', '/apis/apps/v1')).body).toMatchObject({
        resources: expect.arrayContaining([
          expect.objectContaining({
            name: 'deployments',
            kind: 'Deployment',
            namespaced: true,
            shortNames: ['deploy'],
          }),
          expect.objectContaining({ name: 'deployments/scale', group: 'autoscaling', kind: 'Scale' }),
        ]),
      });
    });
  });

  describe('read', () => {
    it('answers 410 to a page whose first one is forgotten', async () => {
      for (const name of ['a', 'b']) await configMap(name);
      const path = `${core}/configmaps?limit=1`;
      const first = await api.ask('GET', path);
      const { continue: token } = first.body.metadata as unknown as { continue: string };
      cluster.faults.forgetHistory();
      expect(refusal(await api.ask('GET', `${path}&continue=${token}`)).slice(0, 2)).toEqual([410, 'Expired']);
    });
  });

  describe('apply', () => {
    it('changes nothing when it is equal on an object with defaults, addresses and a status', async () => {
      const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', ...deploymentBody('web', 'nginx:1') };
      const spec = { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] };
      const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec };
      await api.apply(`${apps}/deployments/web`, deployment);
      await api.apply(`${core}/services/web`, service);
      await eventually(async () => {
        const { body } = await api.ask('GET', `${apps}/deployments/web`);
        expect(body.status?.availableReplicas).toBe(1);
      });
      const before = await api.ask('GET', `${apps}/deployments/web`);
      expect((await api.apply(`${apps}/deployments/web`, deployment)).body).toEqual(before.body);
      await api.apply(`${core}/services/web`, service);
      expect(cluster.writes().filter(({ verb }) => verb === 'apply')).toHaveLength(2);
    });
  });

  describe('watch', () => {
    it('answers 410 in the stream when the changes since are forgotten', async () => {
      const { body } = await configMap('a');
      cluster.faults.forgetHistory();
      const path = `${core}/configmaps?watch=true&resourceVersion=${body.metadata.resourceVersion}`;
      const watch = await api.stream(path);
      await watch.ended;
      expect(watch.status).toBe(200);
      expect(watch.events()).toMatchObject([
        {
          type: 'ERROR',
          object: {
            kind: 'Status',
            code: 410,
            reason: 'Expired',
            message: expect.stringMatching(/^too old resource version: \d+ \(\d+\)$/),
          },
        },
      ]);
    });

    it('sends bookmarks to those who allow them', async () => {
      const watch = await api.stream(`${core}/secrets?watch=true&allowWatchBookmarks=true`);
      await configMap('a');
      const { body } = await api.ask('GET', `${core}/secrets`);
      await eventually(() => {
        const last = watch.events().at(-1);
        expect(last?.type).toBe('BOOKMARK');
        expect(Number(last?.object.metadata.resourceVersion)).toBeGreaterThanOrEqual(
          Number(body.metadata.resourceVersion),
        );
      });
      watch.stop();
      const silent = await api.stream(`${core}/secrets?watch=true&timeoutSeconds=1`);
      await silent.ended;
      expect(silent.lines).toEqual([]);
    });
  });

  describe('logs', () => {
    const run = async (name: string, image: string): Promise<void> => {
      await api.ask('POST', `${core}/pods`, { body: podBody(name, image) });
    };
    const lines = async (query: string, name = 'web'): Promise<string[]> => {
      const { text } = await api.ask('GET', `${core}/pods/${name}/log?${query}`);
      return text.split('\n').slice(0, -1);
    };

    it('come as text, by tail, with times, since a time, and up to a number of bytes', async () => {
      await run('web', 'nginx:1');
      await eventually(async () => expect((await lines('')).length).toBeGreaterThan(4));
      const all = await lines('timestamps=true');
      expect(all[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z web: started from image nginx:1$/);
      expect(all[1]).toMatch(/Z web: line 1$/);
      expect(await lines('tailLines=2')).toHaveLength(2);
      expect(await lines('tailLines=0')).toEqual([]);
      const [time = ''] = all[2]?.split(' ') ?? [];
      expect((await lines(`sinceTime=${time}`))[0]).toBe('web: line 2');
      expect((await lines('sinceSeconds=60'))[0]).toBe('web: started from image nginx:1');
      expect((await api.ask('GET', `${core}/pods/web/log?limitBytes=10`)).text).toBe('web: start');
      expect((await api.ask('GET', `${core}/pods/web/log?tailLines=-1`)).status).toBe(422);
    });

    it('follow until the container ends', async () => {
      await run('web', 'nginx:1');
      await eventually(async () => expect((await lines('')).length).toBeGreaterThan(0));
      const log = await api.stream(`${core}/pods/web/log?follow=true`);
      await eventually(() => expect(log.lines.length).toBeGreaterThan(2));
      await api.ask('DELETE', `${core}/pods/web`);
      await log.ended;
      expect(log.lines.at(-1)).toBe('web: stopping');
    });

    it('take a line that a test writes as one of the container, followers included', async () => {
      const place = { namespace: 'shop', pod: 'web', container: 'web' };
      await run('web', 'nginx:1');
      await eventually(async () => expect((await lines('')).length).toBeGreaterThan(0));
      const log = await api.stream(`${core}/pods/web/log?follow=true`);
      cluster.writeLog(place, 'written by a test');
      await eventually(() => expect(log.lines).toContain('written by a test'));
      expect(await lines('')).toContain('written by a test');
      expect(() => cluster.writeLog({ ...place, container: 'other' }, 'x')).toThrow('container other of pod web');
    });

    it('of the run before are there with `previous`', async () => {
      await run('web', 'crash');
      expect((await api.ask('GET', `${core}/pods/web/log?previous=true`)).status).toBe(400);
      await eventually(async () =>
        expect((await lines('previous=true')).at(-1)).toContain('fatal: the image named crash'),
      );
    });

    it('are refused for a container that has not started, an unknown one and an unclear one', async () => {
      await run('web', 'missing:1');
      await eventually(async () =>
        expect(refusal(await api.ask('GET', `${core}/pods/web/log`))).toEqual([
          400,
          'BadRequest',
          'container "web" in pod "web" is waiting to start: trying and failing to pull image',
        ]),
      );
      const nodeSelector = { disk: 'fast' };
      await api.ask('POST', `${core}/pods`, { body: podBody('nowhere', 'x', {}, { nodeSelector }) });
      expect(await api.ask('GET', `${core}/pods/nowhere/log`)).toMatchObject({ status: 204, text: '' });
      expect((await api.ask('GET', `${core}/pods/web/log?container=x`)).body.message).toBe(
        'container x is not valid for pod web',
      );
      const containers = [
        { name: 'a', image: 'x' },
        { name: 'b', image: 'x' },
      ];
      await api.ask('POST', `${core}/pods`, { body: { metadata: { name: 'two' }, spec: { containers } } });
      expect((await api.ask('GET', `${core}/pods/two/log`)).body.message).toBe(
        'a container name must be specified for pod two, choose one of: [a b]',
      );
    });
  });

  describe('faults', () => {
    it('answer with a status, as often as planned, to the requests that they name', async () => {
      cluster.faults.add({ verb: 'list', resource: 'pods', status: 429, retryAfterSeconds: 7, times: 2 });
      const list = (): Promise<Answer> => api.ask('GET', `${core}/pods`);
      expect((await api.ask('GET', `${core}/secrets`)).status).toBe(200);
      const first = await list();
      expect([...refusal(first).slice(0, 2), first.headers['retry-after']]).toEqual([429, 'TooManyRequests', '7']);
      expect((await list()).status).toBe(429);
      expect((await list()).status).toBe(200);
    });

    it('cut the connection before or after the request is carried out', async () => {
      const path = `${core}/configmaps`;
      const create = (name: string): Promise<Answer> => api.ask('POST', path, { body: { metadata: { name } } });
      cluster.faults.add({ verb: 'create', drop: true });
      await expect(create('lost')).rejects.toThrow('socket hang up');
      cluster.faults.add({ verb: 'create', drop: 'after' });
      await expect(create('done')).rejects.toThrow('socket hang up');
      expect((await api.ask('GET', `${path}/lost`)).status).toBe(404);
      expect((await api.ask('GET', `${path}/done`)).status).toBe(200);
    });

    it('delay an answer', async () => {
      cluster.faults.add({ verb: 'get', delayMs: 150 });
      const started = performance.now();
      await api.ask('GET', '/api/v1/namespaces/shop');
      expect(performance.now() - started).toBeGreaterThan(140);
    });

    it('hit applies apart from other patches, and conflict as a stale version does', async () => {
      cluster.faults.add({ verb: 'apply', status: 409 });
      await configMap('a');
      expect((await api.ask('PATCH', `${core}/configmaps/a`, { body: {} })).status).toBe(200);
      const answer = await api.apply(`${core}/configmaps/a`, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'a' },
      });
      expect(refusal(answer)).toEqual([409, 'Conflict', expect.stringContaining('the object has been modified')]);
    });

    it('cut watches and everything else that is open', async () => {
      const watch = await api.stream(`${core}/pods?watch=true`);
      cluster.faults.cutConnections();
      await watch.ended;
      const remove = cluster.faults.add({ drop: true, times: 1000 });
      await expect(api.ask('GET', '/api')).rejects.toThrow('socket hang up');
      remove();
      expect((await api.ask('GET', '/api')).status).toBe(200);
    });
  });

  it('refuses a path that is no text', async () => {
    expect((await api.ask('GET', `${core}/pods/%zz`)).status).toBe(400);
  });
});
