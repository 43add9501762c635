import { deleteApp, getApp, listPods, stopApp } from '@slipway/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { eventually, type Fixture, lee, problemOf, startFixture } from '../fixture/deployments.js';

describe('listPods', () => {
  let fixture: Fixture;
  beforeAll(async () => (fixture = await startFixture()));
  afterAll(() => fixture.close());
  afterEach(() => fixture.embedded.faults.clear());

  const pods = async (id: string) => (await fixture.query(listPods, { app: { id } })).pods;

  it('lists the pods of the App, oldest first, as the cluster shows them', async () => {
    const { id } = await fixture.create({ replicas: 2 });
    const other = await fixture.create();
    await fixture.until(id, 'running');
    await fixture.until(other.id, 'running');
    const listed = await pods(id);
    expect(listed).toHaveLength(2);
    expect(listed[0]).toEqual({
      name: expect.stringMatching(/^shop-/),
      phase: 'Running',
      ready: true,
      restarts: 0,
      node: expect.any(String),
      ip: expect.any(String),
      createdAt: expect.stringMatching(/Z$/),
      startedAt: expect.stringMatching(/Z$/),
      reason: '',
      message: '',
    });
    const order = listed.map(({ createdAt, name }) => `${createdAt} ${name}`);
    expect(order).toEqual(order.toSorted());
    expect(await pods(other.id)).toHaveLength(1);
  });

  it('tells why a pod does not become ready', async () => {
    const { id } = await fixture.create({ container: { image: 'registry.example/missing' } });
    await eventually(async () =>
      expect(await pods(id)).toMatchObject([
        { phase: 'Pending', ready: false, reason: 'ImagePullBackOff', message: expect.stringContaining('missing') },
      ]),
    );
  });

  it('leaves out a pod that is on its way out', async () => {
    const { id, environment } = await fixture.create();
    await fixture.until(id, 'running');
    const [{ name } = { name: '' }] = await pods(id);
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: environment.namespace } } as const;
    await fixture.cluster.apply({ ...pod, metadata: { ...pod.metadata, finalizers: ['example.org/held'] } } as never);
    await fixture.cluster.delete({ kind: 'Pod', namespace: environment.namespace, name });
    await eventually(async () => {
      const names = (await fixture.cluster.list('Pod', { namespace: environment.namespace })).map(
        ({ metadata }) => metadata.name,
      );
      expect(names).toHaveLength(2);
      expect(names).toContain(name);
    });
    expect((await pods(id)).map((one) => one.name)).not.toContain(name);
    await fixture.cluster.apply(pod as never);
  });

  it('is empty while the App is stopped', async () => {
    const { id } = await fixture.create();
    await fixture.until(id, 'running');
    await fixture.execute(stopApp, { app: { id } });
    await fixture.until(id, 'stopped');
    expect(await pods(id)).toEqual([]);
  });

  it('says that the cluster is away, where app.get goes without', async () => {
    const { id } = await fixture.create();
    await fixture.until(id, 'running');
    fixture.embedded.faults.add({ verb: 'list', resource: 'pods', drop: true, times: 100 });
    expect(await problemOf(pods(id))).toMatchObject({ kind: 'unavailable', code: 'cluster_unreachable' });
    expect((await fixture.query(getApp, { app: { id }, include: ['pods'] })).pods).toBeNull();
  });

  it('answers a cluster that is silent in time', async () => {
    const { id } = await fixture.create();
    fixture.embedded.faults.add({ verb: 'list', resource: 'pods', delayMs: 60_000, times: 100 });
    const before = performance.now();
    expect(await problemOf(pods(id))).toMatchObject({ kind: 'unavailable', code: 'cluster_unreachable' });
    expect(performance.now() - before).toBeLessThan(4_500);
  });

  it('S7 answers a stranger as it answers for an App that is gone or going', async () => {
    const { id } = await fixture.create();
    const foreign = await problemOf(fixture.query(listPods, { app: { id } }, lee));
    await fixture.execute(deleteApp, { app: { id } });
    expect(foreign).toMatchObject({ kind: 'not_found', noun: 'app' });
    expect(await problemOf(pods(id))).toEqual(foreign);
  });
});
