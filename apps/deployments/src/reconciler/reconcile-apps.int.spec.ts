import { randomUUID } from 'node:crypto';

import {
  appDeleted,
  appPhaseChanged,
  type AppView,
  awaitApp,
  deleteApp,
  getApp,
  namespaceRemoved,
  scaleApp,
  startApp,
  stopApp,
  updateApp,
} from '@slipway/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { eventually, type Fixture, kim, lee, problemOf, startFixture } from '../fixture/deployments.js';

describe('reconcileApps', () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await startFixture({ ENVIRONMENT_MAX_PODS: '3' });
  });
  afterEach(() => {
    fixture.embedded.faults.clear();
    expect(fixture.lines.filter(({ msg }) => msg === 'a pass over an app failed')).toEqual([]);
  });
  afterAll(() => fixture.close());

  const history = async (id: string): Promise<string[]> =>
    (await fixture.events(appPhaseChanged, id)).map(
      ({ from, to, after }) => `${from} > ${to}${after ? ` (${after})` : ''}`,
    );
  const running = async (given: Parameters<Fixture['create']>[0] = {}): Promise<AppView> =>
    fixture.until((await fixture.create(given)).id, 'running');
  const gone = (id: string) =>
    eventually(async () => expect(await problemOf(fixture.get(id))).toMatchObject({ kind: 'not_found' }));
  const awaited = (
    id: string,
    generation: number,
    until: 'running' | 'stopped' | 'settled' | 'gone',
    timeoutMs = 10_000,
  ) => fixture.query(awaitApp, { id, generation, until, timeoutMs });

  const toldOfNamespace = async (environmentId: string): Promise<unknown[]> => {
    const rows: { payload: unknown }[] = await fixture.database.query(
      `select payload from deployments.outbox where subject = $1 and payload ->> 'environmentId' = $2`,
      [namespaceRemoved.subject, environmentId],
    );
    return rows.map(({ payload }) => payload);
  };

  it('brings an App to life, and tells each step', async () => {
    const app = await running({ replicas: 2, container: { variables: [{ name: 'A', value: '1' }] } });
    expect(app).toMatchObject({
      url: `https://${app.name}.apps.example.com`,
      status: { counts: { desired: 2, ready: 2, updated: 2, available: 2 }, reason: '', readyOnce: true },
    });
    expect(app.status.observedAt).not.toBeNull();
    expect(app.revision.readyAt).not.toBeNull();
    expect(await history(app.id)).toEqual(['pending > deploying', 'deploying > running']);
    const [, last] = await fixture.events(appPhaseChanged, app.id);
    expect(last?.url).toBe(app.url);
    const pods = await fixture.query(getApp, { app: { id: app.id }, include: ['pods'] });
    expect(pods.pods).toMatchObject([
      { phase: 'Running', ready: true },
      { phase: 'Running', ready: true },
    ]);
  });

  it('updates, scales, stops and starts it, and tells what came of each', async () => {
    const { id } = await running();
    await fixture.execute(updateApp, { app: { id }, containers: [{ image: 'registry.example.org/shop:2' }] });
    await fixture.until(id, 'running');
    await fixture.execute(scaleApp, { app: { id }, replicas: 3, start: true });
    const scaled = await fixture.until(id, 'running');
    expect(scaled.status.counts).toEqual({ desired: 3, ready: 3, updated: 3, available: 3 });
    await fixture.execute(stopApp, { app: { id } });
    const off = await fixture.until(id, 'stopped');
    expect(off).toMatchObject({ replicas: 3, url: scaled.url, status: { counts: { desired: 0, ready: 0 } } });
    await fixture.execute(startApp, { app: { id } });
    expect((await fixture.until(id, 'running')).status.counts.ready).toBe(3);
    expect(await history(id)).toEqual([
      'pending > deploying',
      'deploying > running',
      'running > updating',
      'updating > running',
      'running > scaling (scale)',
      'scaling > running (scale)',
      'running > stopping (stop)',
      'stopping > stopped (stop)',
      'stopped > deploying (start)',
      'deploying > running (start)',
    ]);
  });

  it('rests without a write', async () => {
    const { id } = await running();
    await fixture.execute(updateApp, { app: { id }, description: 'the same pods' });
    const before = fixture.embedded.writes().length;
    const contact = (await fixture.get(id)).status.observedAt;
    await fixture.database.query(`update deployments.app set observed_generation = 0 where id = $1`, [id]);
    await eventually(async () => expect((await fixture.get(id)).status.observedAt).not.toBe(contact));
    const writes = fixture.embedded.writes().slice(before);
    expect(writes.filter((write) => JSON.stringify(write).includes(id.slice(0, 8)))).toEqual([]);
  });

  it.each([
    ['missing', 'ImagePullBackOff'],
    ['crash', 'CrashLoopBackOff'],
    ['memory', 'OOMKilled'],
  ])('fails for an image that is %s, with the reason %s, and runs after an update', async (image, reason) => {
    const { id } = await fixture.create({ container: { image: `registry.example.org/${image}` } });
    await eventually(async () => expect((await fixture.get(id)).status).toMatchObject({ phase: 'failed', reason }));
    expect((await fixture.get(id)).status.message).not.toBe('');
    await fixture.execute(updateApp, { app: { id }, containers: [{ image: 'registry.example.org/shop:1' }] });
    expect(await fixture.until(id, 'running')).toMatchObject({ status: { reason: '', message: '' } });
  });

  it('fails when the quota of its Environment is used up, and runs once it fits', async () => {
    const id = randomUUID();
    const environment = {
      id,
      name: `team-${id.slice(0, 8)}`,
      namespace: `team-${id.slice(0, 8)}`,
      kind: 'open',
      version: 1,
    } as const;
    const app = await fixture.create({ environment: { ...environment, ownerId: null }, replicas: 5 });
    await eventually(async () =>
      expect((await fixture.get(app.id)).status).toMatchObject({ phase: 'failed', reason: 'ExceededQuota' }),
    );
    await fixture.execute(scaleApp, { app: { id: app.id }, replicas: 2, start: true });
    await fixture.until(app.id, 'running');
    await fixture.execute(deleteApp, { app: { id: app.id } });
    await gone(app.id);
    expect(await fixture.cluster.get({ kind: 'Namespace', name: environment.namespace })).toBeDefined();
    expect(await fixture.cluster.list('Deployment', { namespace: environment.namespace })).toEqual([]);
  });

  it('keeps pods of the old Revision serving while an update fails', async () => {
    const { id } = await running();
    await fixture.execute(updateApp, { app: { id }, containers: [{ image: 'registry.example.org/missing' }] });
    expect((await fixture.until(id, 'failed')).status.counts.ready).toBe(1);
    expect((await history(id)).slice(2)).toEqual(['running > updating', 'updating > failed']);
  });

  it('follows what happens behind its back, and repairs it', async () => {
    const { id, name, environment } = await running({ replicas: 2 });
    const { namespace } = environment;
    const scale = (replicas: number) =>
      fixture.cluster.apply(
        { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace }, spec: { replicas } },
        { fieldManager: 'kubectl' },
      );
    await scale(5);
    const replicasOf = async () => (await fixture.cluster.get({ kind: 'Deployment', namespace, name }))?.spec?.replicas;
    await eventually(async () => expect(await replicasOf()).toBe(2));
    await fixture.cluster.delete({ kind: 'Service', namespace, name });
    await eventually(async () => expect(await fixture.cluster.get({ kind: 'Service', namespace, name })).toBeDefined());
    await fixture.cluster.delete({ kind: 'Namespace', name: namespace });
    await eventually(async () => expect((await fixture.get(id)).status.phase).not.toBe('running'));
    await fixture.until(id, 'running');
  });

  it('does not call running what lost a pod to a cluster that does not act, and says that it does not', async () => {
    const { id, environment } = await running({ replicas: 2 });
    const { namespace } = environment;
    const resume = fixture.embedded.faults.pauseControllers();
    const [pod] = await fixture.cluster.list('Pod', { namespace });
    await fixture.cluster.delete({ kind: 'Pod', namespace, name: pod?.metadata.name ?? '' });
    const { status } = await fixture.until(id, 'scaling');
    expect(status).toMatchObject({ reason: '', counts: { desired: 2, ready: 1, available: 1 } });
    await eventually(
      async () =>
        expect((await fixture.get(id)).status).toMatchObject({ phase: 'scaling', reason: 'ControllersSilent' }),
      15_000,
    );
    resume();
    await eventually(async () =>
      expect((await fixture.get(id)).status).toMatchObject({ phase: 'running', reason: '', counts: { ready: 2 } }),
    );
  }, 40_000);

  it.each([
    ['apply', { verb: 'apply', resource: 'deployments' }],
    ['prune', { verb: 'delete', resource: 'secrets' }],
    ['observe', { verb: 'list', resource: 'secrets' }],
  ])('recovers when it cannot %s, and says so meanwhile', async (_, fault) => {
    const { id, environment } = await running({ container: { variables: [{ name: 'A', value: '1' }] } });
    const { namespace } = environment;
    fixture.embedded.faults.add({ ...fault, namespace, status: 503, times: 2 });
    await fixture.execute(updateApp, { app: { id }, containers: [{ variables: [] }] });
    await eventually(async () => expect((await fixture.get(id)).status.reason).not.toBe(''));
    await eventually(async () => {
      expect((await fixture.get(id)).status).toMatchObject({ phase: 'running', reason: '' });
      expect(await fixture.cluster.list('Secret', { namespace })).toEqual([]);
    }, 18_000);
  });

  it('is deleted when the cluster is clean, and not before', async () => {
    const { id, environment } = await running();
    await fixture.execute(deleteApp, { app: { id } });
    expect(await awaited(id, 2, 'gone')).toEqual({ app: null, reached: true });
    expect(await fixture.cluster.get({ kind: 'Namespace', name: environment.namespace })).toBeUndefined();
    expect(await fixture.events(appDeleted, id)).toMatchObject([{ app: { id, version: 2 } }]);
    expect(await toldOfNamespace(environment.id)).toEqual([
      { environmentId: environment.id, namespace: environment.namespace, removed: true, why: null },
    ]);
    for (const table of ['revision', 'host', 'workload']) {
      expect(await fixture.database.query(`select * from deployments.${table} where app_id = $1`, [id])).toEqual([]);
    }
    expect((await history(id)).at(-1)).toBe('deploying > running');
  });

  it('says which finalizer its removal waits for, and is gone when that is', async () => {
    const { id, name, environment } = await running();
    const { namespace } = environment;
    const hold = (finalizers: string[]) =>
      fixture.cluster.apply(
        { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace, finalizers } },
        { fieldManager: 'they' },
      );
    await hold(['example.com/hold']);
    await fixture.execute(deleteApp, { app: { id } });
    await eventually(async () => {
      const { phase, reason, message } = (await fixture.get(id)).status;
      expect([phase, reason]).toEqual(['deleting', 'SomeFinalizersRemain']);
      expect(message).toContain(`the Service "${name}" has the finalizer example.com/hold`);
    });
    await hold([]);
    await gone(id);
  });

  it('leaves a namespace that somebody else made, with what is in it', async () => {
    fixture.embedded.faults.add({ verb: 'get', resource: 'namespaces', status: 503, times: 1 });
    const { id, environment } = await fixture.create();
    const { namespace } = environment;
    await fixture.cluster.apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      { fieldManager: 'they' },
    );
    await eventually(async () =>
      expect((await fixture.get(id)).status).toMatchObject({ phase: 'failed', reason: 'NamespaceConflict' }),
    );
    // What is to run nothing, and runs nothing, has not failed.
    await fixture.execute(stopApp, { app: { id } });
    expect(await fixture.until(id, 'stopped')).toMatchObject({ status: { reason: 'NamespaceConflict' } });
    expect(await history(id)).toEqual(['pending > failed', 'failed > stopping (stop)', 'stopping > stopped (stop)']);
    await fixture.execute(deleteApp, { app: { id } });
    await gone(id);
    const awaitedGone = { id, generation: 3, until: 'gone', timeoutMs: 0, namespace } as const;
    expect(await fixture.query(awaitApp, awaitedGone)).toEqual({ app: null, reached: true, namespaceGone: false });
    expect(await fixture.cluster.get({ kind: 'Namespace', name: namespace })).toMatchObject({
      metadata: { name: namespace },
    });
    expect(await fixture.cluster.list('Deployment', { namespace })).toEqual([]);
    expect(await toldOfNamespace(environment.id)).toEqual([
      { environmentId: environment.id, namespace, removed: false, why: 'foreign' },
    ]);
  });

  it('takes a restart of the service for nothing special', async () => {
    const [up, on] = [await running(), await fixture.create({ container: { image: 'registry.example.org/slow' } })];
    await fixture.restart();
    await fixture.until(on.id, 'running');
    const before = fixture.embedded.writes().length;
    await fixture.execute(stopApp, { app: { id: up.id } });
    await fixture.until(up.id, 'stopped');
    expect(fixture.embedded.writes().length).toBeGreaterThan(before);
  });

  it('brings everything back to a cluster that lost it', async () => {
    const { id, environment } = await running();
    fixture.embedded.reset();
    await eventually(async () => {
      expect(
        await fixture.cluster.get({
          kind: 'Deployment',
          namespace: environment.namespace,
          name: (await fixture.get(id)).name,
        }),
      ).toBeDefined();
      expect((await fixture.get(id)).status.phase).toBe('running');
    }, 18_000);
  });

  describe('awaitApp', () => {
    it('answers when the cluster shows the state of that generation', async () => {
      const { id } = await running();
      const { app } = await fixture.execute(scaleApp, { app: { id }, replicas: 2, start: true });
      const { app: seen, reached } = await awaited(id, app.generation, 'running');
      expect({ reached, ready: seen?.status.counts.ready }).toEqual({ reached: true, ready: 2 });
    });

    it('ends early when the App fails', async () => {
      const { id } = await fixture.create({ container: { image: 'registry.example.org/missing' } });
      const startedAt = performance.now();
      expect(await awaited(id, 1, 'running')).toMatchObject({ reached: false, app: { status: { phase: 'failed' } } });
      expect(performance.now() - startedAt).toBeLessThan(5_000);
    });

    it('tells the true state when the time is up', async () => {
      const { id } = await fixture.create({ container: { image: 'registry.example.org/unready' } });
      const { reached, app } = await awaited(id, 1, 'running', 300);
      expect(reached).toBe(false);
      expect(['pending', 'deploying']).toContain(app?.status.phase);
    });

    it('tells that the namespace went with the App', async () => {
      const { id, environment } = await running();
      const { generation } = await fixture.execute(deleteApp, { app: { id } });
      const { namespace } = environment;
      const call = fixture.query(awaitApp, { id, generation, until: 'gone', timeoutMs: 10_000, namespace });
      expect(await call).toEqual({ app: null, reached: true, namespaceGone: true });
    });

    it('ends at once, and says that there is no such App, when it is deleted meanwhile, and when it is gone', async () => {
      const { id, name, environment } = await running();
      const { namespace } = environment;
      const hold = (finalizers: string[]) =>
        fixture.cluster.apply(
          { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace, finalizers } },
          { fieldManager: 'they' },
        );
      await hold(['example.com/hold']);
      const startedAt = performance.now();
      const refused = problemOf(awaited(id, 99, 'running', 25_000));
      await fixture.execute(deleteApp, { app: { id } });
      expect(await refused).toMatchObject({ kind: 'not_found', noun: 'app' });
      expect(performance.now() - startedAt).toBeLessThan(10_000);
      expect((await fixture.get(id)).status.phase).toBe('deleting');
      await hold([]);
      await gone(id);
      for (const until of ['running', 'stopped', 'settled'] as const)
        expect(await problemOf(awaited(id, 1, until)), until).toMatchObject({ kind: 'not_found', noun: 'app' });
    }, 30_000);

    it('tells of a foreign App as of one that is gone', async () => {
      const { id } = await running();
      const call = fixture.query(awaitApp, { id, generation: 1, until: 'running', timeoutMs: 0 }, lee);
      expect(await problemOf(call)).toMatchObject({ kind: 'not_found', noun: 'app' });
      const removal = fixture.query(awaitApp, { id, generation: 1, until: 'gone', timeoutMs: 0 }, lee);
      expect(await removal).toEqual({ app: null, reached: true });
      expect((await fixture.get(id, kim)).id).toBe(id);
    });
  });
});
