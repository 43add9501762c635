import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { type EmbeddedCluster, startEmbeddedCluster } from './embedded-cluster.js';
import type { JsonObject, KubeObject } from './objects.js';
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
  const names = (answer: Answer): string[] => answer.body.items.map(({ metadata }) => metadata.name);
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

    it('answers 404 to what is not served', async () => {
      for (const path of [
        '/apis/example.com',
        '/apis/apps/v2',
        '/openapi/v2',
        '/apis/apps/v1/statefulsets',
        `${core}/pods/x/exec`,
      ]) {
        expect(refusal(await api.ask('GET', path))).toEqual([
          404,
          'NotFound',
          'the server could not find the requested resource',
        ]);
      }
    });
  });

  describe('create', () => {
    it('stores an object with what the server adds', async () => {
      const { status, body } = await api.ask('POST', `${apps}/deployments`, { body: deploymentBody('web', 'nginx:1') });
      expect(status).toBe(201);
      expect(body).toMatchObject({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: {
          name: 'web',
          namespace: 'shop',
          generation: 1,
          uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
          resourceVersion: expect.stringMatching(/^\d+$/),
          creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
          managedFields: [{ manager: 'spec', operation: 'Update' }],
        },
        spec: { replicas: 1, strategy: { type: 'RollingUpdate' } },
      });
      expect(body).not.toHaveProperty('status');
    });

    it('makes a name from generateName', async () => {
      const body = { metadata: { generateName: 'job-' }, data: {} };
      const answer = await api.ask('POST', `${core}/configmaps`, { body });
      expect(answer.body.metadata.name).toMatch(/^job-[a-z0-9]{5}$/);
    });

    it('refuses a taken name, an absent namespace and a namespace that ends', async () => {
      await configMap('a');
      expect(refusal(await configMap('a'))).toEqual([409, 'AlreadyExists', 'configmaps "a" already exists']);
      const body = { metadata: { name: 'a' } };
      expect(refusal(await api.ask('POST', '/api/v1/namespaces/nowhere/configmaps', { body }))).toEqual([
        404,
        'NotFound',
        'namespaces "nowhere" not found',
      ]);
      await api.ask('PATCH', `${core}/configmaps/a`, { body: { metadata: { finalizers: ['example.com/hold'] } } });
      await api.ask('DELETE', '/api/v1/namespaces/shop');
      const late = await configMap('late');
      expect(refusal(late)).toEqual([
        403,
        'Forbidden',
        'configmaps "late" is forbidden: unable to create new content in namespace shop because it is being terminated',
      ]);
      expect(late.body.details).toMatchObject({ causes: [{ reason: 'NamespaceTerminating' }] });
    });

    it('refuses a bad body without storing anything', async () => {
      const bad: [string, JsonObject | string, number, string][] = [
        [`${core}/configmaps`, '{', 400, 'BadRequest'],
        [`${core}/configmaps`, '[]', 400, 'BadRequest'],
        [`${core}/configmaps`, { metadata: { name: 'Upper' } }, 422, 'Invalid'],
        [`${core}/configmaps`, { metadata: {} }, 422, 'Invalid'],
        [`${core}/configmaps`, { kind: 'Secret', metadata: { name: 'a' } }, 400, 'BadRequest'],
        [`${core}/configmaps`, { metadata: { name: 'a', namespace: 'other' } }, 400, 'BadRequest'],
        [`${core}/configmaps`, { metadata: { name: 'a', resourceVersion: '1' } }, 400, 'BadRequest'],
        [`${apps}/deployments`, { metadata: { name: 'a' }, spec: {} }, 422, 'Invalid'],
      ];
      const before = cluster.writes().length;
      for (const [path, body, status, reason] of bad) {
        expect(refusal(await api.ask('POST', path, { body })).slice(0, 2), JSON.stringify(body)).toEqual([
          status,
          reason,
        ]);
      }
      const huge = { metadata: { name: 'a' }, data: { a: 'x'.repeat(3 * 1024 * 1024) } };
      expect((await api.ask('POST', `${core}/configmaps`, { body: huge })).status).toBe(413);
      expect((await api.ask('POST', `${core}/configmaps`, { body: 'x', type: 'text/plain' })).status).toBe(415);
      expect(cluster.writes()).toHaveLength(before);
    });

    it('stores nothing in a dry run', async () => {
      const answer = await api.ask('POST', `${core}/configmaps?dryRun=All`, { body: { metadata: { name: 'a' } } });
      expect(answer.status).toBe(201);
      expect((await api.ask('GET', `${core}/configmaps/a`)).status).toBe(404);
    });

    it('counts pods against a quota', async () => {
      await api.ask('POST', `${core}/resourcequotas`, {
        body: { metadata: { name: 'q' }, spec: { hard: { pods: '1' } } },
      });
      await api.ask('POST', `${core}/pods`, { body: podBody('one', 'nginx') });
      expect(refusal(await api.ask('POST', `${core}/pods`, { body: podBody('two', 'nginx') }))).toEqual([
        403,
        'Forbidden',
        'pods "two" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
      ]);
    });

    it('encodes the stringData of a Secret', async () => {
      const body = { metadata: { name: 's' }, stringData: { a: 'secret' } };
      const { body: secret } = await api.ask('POST', `${core}/secrets`, { body });
      expect(secret).toMatchObject({ type: 'Opaque', data: { a: Buffer.from('secret').toString('base64') } });
      expect(secret).not.toHaveProperty('stringData');
    });

    it('hands out addresses and node ports to Services, and keeps them', async () => {
      const spec = { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80 }] };
      const created = await api.ask('POST', `${core}/services`, { body: { metadata: { name: 'web' }, spec } });
      expect(created.body.spec).toMatchObject({
        clusterIP: expect.stringMatching(/^10\.96\./),
        ports: [{ port: 80, targetPort: 80, protocol: 'TCP', nodePort: expect.any(Number) }],
      });
      const replaced = await api.ask('PUT', `${core}/services/web`, { body: { metadata: { name: 'web' }, spec } });
      expect(replaced.body.spec).toEqual(created.body.spec);
    });
  });

  describe('read', () => {
    it('names what is not there', async () => {
      const answer = await api.ask('GET', `${apps}/deployments/web`);
      expect(refusal(answer)).toEqual([404, 'NotFound', 'deployments.apps "web" not found']);
      expect(answer.body.details).toEqual({ name: 'web', group: 'apps', kind: 'deployments' });
    });

    it('lists a namespace or all of them, selected by labels and fields', async () => {
      await configMap('a', {}, { app: 'web' });
      await configMap('b', {}, { app: 'api' });
      await api.ask('POST', '/api/v1/namespaces/default/configmaps', {
        body: { metadata: { name: 'c', labels: { app: 'web' } } },
      });
      const list = async (path: string): Promise<string[]> => names(await api.ask('GET', path));
      expect(await list(`${core}/configmaps?labelSelector=app`)).toEqual(['a', 'b']);
      expect(await list('/api/v1/configmaps?labelSelector=app%3Dweb')).toEqual(['c', 'a']);
      expect(await list(`${core}/configmaps?fieldSelector=metadata.name%3Db`)).toEqual(['b']);
      expect(await list('/api/v1/namespaces/nowhere/configmaps')).toEqual([]);
      const answer = await api.ask('GET', `${core}/configmaps?labelSelector=app`);
      expect(answer.body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
      expect(answer.body.items[0]).not.toHaveProperty('kind');
      expect(refusal(await api.ask('GET', `${core}/pods?fieldSelector=spec.x%3D1`)).slice(0, 2)).toEqual([
        400,
        'BadRequest',
      ]);
    });

    it('gives long lists in pages, under the version of the first one', async () => {
      for (const name of ['a', 'b', 'c']) await configMap(name, {}, { app: 'web' });
      const path = `${core}/configmaps?labelSelector=app&limit=2`;
      const first = await api.ask('GET', path);
      const {
        continue: token,
        remainingItemCount,
        resourceVersion,
      } = first.body.metadata as unknown as {
        continue: string;
        remainingItemCount: number;
        resourceVersion: string;
      };
      expect([names(first), remainingItemCount]).toEqual([['a', 'b'], 1]);
      await configMap('d');
      const second = await api.ask('GET', `${path}&continue=${token}`);
      expect(names(second)).toEqual(['c']);
      expect(second.body.metadata).toEqual({ resourceVersion });
      expect((await api.ask('GET', `${path}&continue=x`)).status).toBe(400);
      cluster.faults.forgetHistory();
      expect(refusal(await api.ask('GET', `${path}&continue=${token}`)).slice(0, 2)).toEqual([410, 'Expired']);
    });

    it('answers with a table to those who ask for one', async () => {
      await api.ask('POST', `${core}/pods`, { body: podBody('web', 'nginx') });
      const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
      const { body } = await api.ask('GET', `${core}/pods`, { accept });
      const table = body as unknown as {
        kind: string;
        columnDefinitions: { name: string }[];
        rows: { cells: unknown[]; object: KubeObject }[];
      };
      expect(table.kind).toBe('Table');
      expect(table.columnDefinitions.map(({ name }) => name).slice(0, 5)).toEqual([
        'Name',
        'Ready',
        'Status',
        'Restarts',
        'Age',
      ]);
      expect(table.rows[0]?.cells.slice(0, 2)).toEqual(['web', '0/1']);
      expect(table.rows[0]?.object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'web' } });
    });
  });

  describe('replace', () => {
    it('refuses a stale resourceVersion and takes the current one', async () => {
      const { body } = await configMap('a', { x: '1' });
      const changed = await api.ask('PUT', `${core}/configmaps/a`, { body: { ...body, data: { x: '2' } } as never });
      expect(changed.status).toBe(200);
      expect(
        refusal(await api.ask('PUT', `${core}/configmaps/a`, { body: { ...body, data: { x: '3' } } as never })),
      ).toEqual([
        409,
        'Conflict',
        'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
      ]);
    });

    it('counts changes of the spec alone in the generation, and leaves status to its subresource', async () => {
      await api.ask('POST', `${apps}/deployments`, {
        body: deploymentBody('web', 'nginx:1', { paused: true, replicas: 0 }),
      });
      const put = (body: JsonObject, path = ''): Promise<Answer> =>
        api.ask('PUT', `${apps}/deployments/web${path}`, { body });
      const labelled: JsonObject = {
        ...deploymentBody('web', 'nginx:1', { paused: true, replicas: 0 }),
        metadata: { name: 'web', labels: { a: 'b' } },
        status: { replicas: 7 },
      };
      const first = await put(labelled);
      expect([first.body.metadata.generation, first.body.status?.replicas]).toEqual([1, undefined]);
      const second = await put(deploymentBody('web', 'nginx:1', { paused: true, replicas: 1 }));
      expect(second.body.metadata.generation).toBe(2);
      const third = await put(
        { metadata: { name: 'web' }, spec: { replicas: 9 }, status: { collisionCount: 7 } },
        '/status',
      );
      expect(third.body).toMatchObject({
        spec: { replicas: 1 },
        status: { collisionCount: 7 },
        metadata: { generation: 2 },
      });
    });

    it('refuses another name than the one in the path, and an immutable field', async () => {
      await api.ask('POST', `${apps}/deployments`, { body: deploymentBody('web', 'nginx:1') });
      const put = (body: JsonObject): Promise<Answer> => api.ask('PUT', `${apps}/deployments/web`, { body });
      expect(refusal(await put(deploymentBody('api', 'nginx:1')))).toEqual([
        400,
        'BadRequest',
        'the name of the object (api) does not match the name on the URL (web)',
      ]);
      const moved = { ...deploymentBody('api', 'nginx:1'), metadata: { name: 'web' } };
      const [status, , message] = refusal(await put(moved));
      expect([status, message]).toEqual([
        422,
        expect.stringContaining('spec.selector: Invalid value: {"matchLabels":{"app":"api"}}: field is immutable'),
      ]);
    });
  });

  describe('patch', () => {
    it('merges, and leaves the version alone when nothing changes', async () => {
      const { body: before } = await configMap('a', { x: '1', y: '2' });
      const same = await api.ask('PATCH', `${core}/configmaps/a`, { body: { data: { x: '1' } } });
      expect(same.body.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
      const changed = await api.ask('PATCH', `${core}/configmaps/a`, { body: { data: { x: null, z: '3' } } });
      expect(changed.body).toMatchObject({ data: { y: '2', z: '3' } });
      expect((changed.body as unknown as { data: object }).data).not.toHaveProperty('x');
    });

    it.each([
      ['application/json-patch+json', [{ op: 'replace', path: '/data/x', value: '2' }]],
      ['application/strategic-merge-patch+json', { data: { x: '2' } }],
    ])('takes %s', async (type, patch) => {
      await configMap('a', { x: '1' });
      const { body } = await api.ask('PATCH', `${core}/configmaps/a`, { type, body: JSON.stringify(patch) });
      expect(body).toMatchObject({ data: { x: '2' } });
    });

    it('refuses another type, an absent object, and a patch that makes it invalid', async () => {
      await api.ask('POST', `${apps}/deployments`, { body: deploymentBody('web', 'nginx:1') });
      const path = `${apps}/deployments/web`;
      expect((await api.ask('PATCH', path, { type: 'application/json', body: {} })).status).toBe(415);
      expect((await api.ask('PATCH', `${path}-2`, { body: {} })).status).toBe(404);
      expect(refusal(await api.ask('PATCH', path, { body: { spec: { replicas: -1 } } }))).toEqual([
        422,
        'Invalid',
        'Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      ]);
    });
  });

  describe('apply', () => {
    const applied: JsonObject = { apiVersion: 'v1', kind: 'ConfigMap', data: { x: '1' } };

    it('creates, then changes nothing when it is equal', async () => {
      const first = await api.apply(`${core}/configmaps/a`, applied);
      const second = await api.apply(`${core}/configmaps/a`, applied);
      expect([first.status, second.status]).toEqual([201, 200]);
      expect(second.body).toEqual(first.body);
    });

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

    it('conflicts with another manager until it is forced', async () => {
      await api.apply(`${core}/configmaps/a`, applied, 'fieldManager=one');
      const other = { ...applied, data: { x: '2' } };
      const refused = await api.apply(`${core}/configmaps/a`, other, 'fieldManager=two');
      expect(refusal(refused)).toEqual([409, 'Conflict', 'Apply failed with 1 conflict: conflict with "one": .data.x']);
      const forced = await api.apply(`${core}/configmaps/a`, other, 'fieldManager=two&force=true');
      expect(forced.body).toMatchObject({ data: { x: '2' }, metadata: { managedFields: [{ manager: 'two' }] } });
    });

    it('takes YAML, and refuses what is none', async () => {
      const path = `${core}/configmaps/a?fieldManager=spec`;
      const type = 'application/apply-patch+yaml';
      const answer = await api.ask('PATCH', path, { type, body: 'apiVersion: v1\nkind: ConfigMap\ndata:\n  x: "1"\n' });
      expect(answer.body).toMatchObject({ data: { x: '1' } });
      expect((await api.ask('PATCH', path, { type, body: 'a: [' })).status).toBe(400);
    });

    it('refuses to go without a manager, with managed fields, and over a stale version', async () => {
      const path = `${core}/configmaps/a`;
      expect(refusal(await api.apply(path, applied, ''))).toEqual([
        422,
        'Invalid',
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      ]);
      expect((await api.apply(path, { ...applied, metadata: { managedFields: [] } })).status).toBe(400);
      await api.apply(path, applied);
      expect((await api.apply(path, { ...applied, metadata: { resourceVersion: '1' } })).status).toBe(409);
    });
  });

  describe('scale', () => {
    it('reads and changes the replicas, and owns them as a subresource', async () => {
      await api.ask('POST', `${apps}/deployments`, { body: deploymentBody('web', 'nginx:1') });
      const path = `${apps}/deployments/web/scale`;
      expect((await api.ask('GET', path)).body).toMatchObject({
        kind: 'Scale',
        apiVersion: 'autoscaling/v1',
        spec: { replicas: 1 },
        status: { selector: 'app=web' },
      });
      expect((await api.ask('PATCH', path, { body: { spec: { replicas: 3 } } })).body.spec).toEqual({ replicas: 3 });
      const { body } = await api.ask('GET', `${apps}/deployments/web`);
      expect(body).toMatchObject({ spec: { replicas: 3 }, metadata: { generation: 2 } });
      expect(body.metadata.managedFields).toContainEqual(
        expect.objectContaining({ manager: 'spec', subresource: 'scale' }),
      );
      const stale = { metadata: { name: 'web', resourceVersion: '1' }, spec: { replicas: 4 } };
      expect((await api.ask('PUT', path, { body: stale })).status).toBe(409);
      expect((await api.ask('PATCH', path, { body: { spec: { replicas: -1 } } })).status).toBe(422);
    });
  });

  describe('delete', () => {
    it('answers with a Status that carries the uid', async () => {
      const { body: created } = await configMap('a');
      const { status, body } = await api.ask('DELETE', `${core}/configmaps/a`);
      expect([status, body]).toEqual([
        200,
        expect.objectContaining({
          status: 'Success',
          details: { name: 'a', kind: 'configmaps', uid: created.metadata.uid },
        }),
      ]);
      expect((await api.ask('DELETE', `${core}/configmaps/a`)).status).toBe(404);
    });

    it('keeps what has finalizers, once marked, until they are gone', async () => {
      await configMap('a');
      const path = `${core}/configmaps/a`;
      await api.ask('PATCH', path, { body: { metadata: { finalizers: ['example.com/hold'] } } });
      const { body } = await api.ask('DELETE', path);
      expect(body.metadata.deletionTimestamp).toBeDefined();
      expect((await api.ask('DELETE', path)).body.metadata.resourceVersion).toBe(body.metadata.resourceVersion);
      await api.ask('PATCH', path, { body: { metadata: { finalizers: null } } });
      expect((await api.ask('GET', path)).status).toBe(404);
    });

    it('respects preconditions', async () => {
      const { body } = await configMap('a');
      const path = `${core}/configmaps/a`;
      const remove = (preconditions: JsonObject): Promise<Answer> =>
        api.ask('DELETE', path, { body: { preconditions } });
      expect(refusal(await remove({ uid: 'other' })).slice(0, 2)).toEqual([409, 'Conflict']);
      expect(refusal(await remove({ resourceVersion: '1' })).slice(0, 2)).toEqual([409, 'Conflict']);
      expect((await remove({ uid: body.metadata.uid })).status).toBe(200);
    });

    it('removes a pod at once without a grace period, and refuses an unknown policy', async () => {
      await api.ask('POST', `${core}/pods`, { body: podBody('web', 'nginx') });
      expect((await api.ask('DELETE', `${core}/pods/web?propagationPolicy=Never`)).status).toBe(422);
      await api.ask('DELETE', `${core}/pods/web`, { body: { gracePeriodSeconds: 0 } });
      expect((await api.ask('GET', `${core}/pods/web`)).status).toBe(404);
    });

    it('deletes a collection by its labels', async () => {
      await configMap('a', {}, { app: 'web' });
      await configMap('b', {}, { app: 'api' });
      await api.ask('DELETE', `${core}/configmaps?labelSelector=app%3Dweb`);
      expect(names(await api.ask('GET', `${core}/configmaps?labelSelector=app`))).toEqual(['b']);
    });

    it('only pretends in a dry run', async () => {
      await configMap('a');
      expect((await api.ask('DELETE', `${core}/configmaps/a?dryRun=All`)).status).toBe(200);
      expect((await api.ask('GET', `${core}/configmaps/a`)).status).toBe(200);
    });
  });

  describe('watch', () => {
    it('begins with what exists and follows changes of what is selected', async () => {
      await configMap('a', {}, { app: 'web' });
      const watch = await api.stream(`${core}/configmaps?watch=true&labelSelector=app%3Dweb`);
      await configMap('b', {}, { app: 'web' });
      await configMap('c', {}, { app: 'api' });
      await api.ask('PATCH', `${core}/configmaps/a`, { body: { metadata: { labels: { app: 'api' } } } });
      await api.ask('PATCH', `${core}/configmaps/c`, { body: { metadata: { labels: { app: 'web' } } } });
      await api.ask('DELETE', `${core}/configmaps/b`);
      await eventually(() => expect(watch.lines.length).toBeGreaterThanOrEqual(5));
      watch.stop();
      expect(watch.events().map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
        'ADDED a',
        'ADDED b',
        'DELETED a',
        'ADDED c',
        'DELETED b',
      ]);
      expect(watch.events()[0]?.object).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1' });
    });

    it('resumes after a version without a gap or a repetition', async () => {
      await configMap('a');
      const { body } = await api.ask('GET', `${core}/configmaps`);
      await configMap('b');
      await api.ask('DELETE', `${core}/configmaps/a`);
      const version = body.metadata.resourceVersion;
      const watch = await api.stream(
        `${core}/configmaps?watch=true&resourceVersion=${version}&fieldSelector=metadata.name!%3Dx`,
      );
      await eventually(() => expect(watch.lines.length).toBeGreaterThanOrEqual(2));
      watch.stop();
      expect(watch.events().map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
        'ADDED b',
        'DELETED a',
      ]);
      const versions = watch.events().map(({ object }) => Number(object.metadata.resourceVersion));
      expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    });

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

    it('marks the end of the initial events for streaming lists', async () => {
      await configMap('a');
      const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
      const watch = await api.stream(`${core}/configmaps?${query}&fieldSelector=metadata.name%3Da`);
      await eventually(() => expect(watch.lines.length).toBeGreaterThanOrEqual(2));
      watch.stop();
      expect(watch.events().slice(0, 2)).toMatchObject([
        { type: 'ADDED' },
        { type: 'BOOKMARK', object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } } },
      ]);
    });

    it('watches one object by its name', async () => {
      await configMap('a');
      const watch = await api.stream(`${core}/configmaps/a?watch=true`);
      await configMap('b');
      await api.ask('DELETE', `${core}/configmaps/a`);
      await eventually(() => expect(watch.lines).toHaveLength(2));
      watch.stop();
    });

    it('refuses a version that is no number', async () => {
      expect((await api.ask('GET', `${core}/configmaps?watch=true&resourceVersion=x`)).status).toBe(400);
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
      expect((await api.ask('GET', `${core}/pods/web/log?tailLines=-1`)).status).toBe(400);
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
      expect(await api.ask('GET', `${core}/pods/nowhere/log`)).toMatchObject({ status: 200, text: '' });
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
      const answer = await api.apply(`${core}/configmaps/a`, { apiVersion: 'v1', kind: 'ConfigMap' });
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

  it('refuses methods that a path does not have', async () => {
    for (const [method, path] of [
      ['POST', '/version'],
      ['PUT', `${core}/pods`],
      ['PATCH', `${core}/pods`],
      ['POST', `${core}/pods/x`],
    ] as const) {
      expect((await api.ask(method, path, { body: {} })).status, `${method} ${path}`).toBe(405);
    }
    expect((await api.ask('GET', `${core}/pods/%zz`)).status).toBe(400);
  });
});
