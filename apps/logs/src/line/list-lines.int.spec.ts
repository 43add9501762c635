import { randomUUID } from 'node:crypto';

import type { Cluster } from '@slipway/cluster';
import { type AppFacts, appDeleted, listLines, type ListLines } from '@slipway/contracts';
import { actor, appFacts, type Harness, startHarness, waitFor } from '@slipway/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { clusterOf, created, run, runningPods } from '../fixture/logs.js';
import { logs, migrations } from '../index.js';

describe('listLines', () => {
  let harness: Harness;
  let cluster: Cluster;
  let app: AppFacts;
  const owner = actor();

  const list = async (input: Partial<ListLines> = {}, who = owner) =>
    (await harness.query(listLines, { appId: app.id, tail: 100, ...input }, { actor: who })).lines;
  const written = (count: number) =>
    waitFor(async () => {
      const lines = await list();
      return lines.length >= count && lines;
    });

  beforeAll(async () => {
    harness = await startHarness({
      service: logs,
      migrations,
      cluster: {
        timings: { pullMs: 10, startMs: 10, readyMs: 5, logIntervalMs: 20, crashAfterMs: 20, backOffMs: 20_000 },
      },
    });
    cluster = clusterOf(harness);
  });
  afterAll(async () => {
    await cluster.close();
    await harness.close();
  });
  beforeEach(async () => {
    harness.cluster.reset();
    app = appFacts(owner.userId);
    await created(harness, app);
  });

  it('merges all pods and containers by time', async () => {
    await run(cluster, app, { replicas: 2, images: { app: 'nginx', helper: 'busybox' } });
    await waitFor(async () => {
      const lines = await list();
      return new Set(lines.map(({ pod, container }) => `${pod}/${container}`)).size === 4 && lines.length > 20;
    });
    const lines = await list();
    expect(lines.map(({ time }) => time)).toEqual(lines.map(({ time }) => time).sort());
    expect(lines.find(({ message }) => message === 'app: line 1')).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/),
      pod: expect.stringContaining(app.name),
      container: 'app',
      source: 'app',
      level: 'info',
      message: 'app: line 1',
    });
  });

  it('says whether it is about several pods, whichever of them have written', async () => {
    await run(cluster, app, { replicas: 2, images: { app: 'nginx', helper: 'busybox' } });
    const pods = await waitFor(async () => {
      const running = await runningPods(cluster, app);
      return running.length === 2 && running;
    });
    const about = async (input: Partial<ListLines>) =>
      (await harness.query(listLines, { appId: app.id, tail: 0, ...input }, { actor: owner })).severalPods ?? false;
    expect([await about({}), await about({ tail: 1 }), await about({ container: 'app' })]).toEqual([true, true, true]);
    expect(await about({ pod: pods[0] })).toBe(false);
  });

  it('counts the tail after merging', async () => {
    await run(cluster, app, { replicas: 2, images: { app: 'crash' } });
    // Both have ended for the second time and write nothing more for now.
    await waitFor(async () => {
      const pods = await cluster.list('Pod', { namespace: app.environment.namespace });
      const reasons = pods.map(({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason);
      return reasons.length === 2 && reasons.every((reason) => reason === 'CrashLoopBackOff');
    });
    const all = await list();
    expect(all).toHaveLength(4);
    expect(await list({ tail: 3 })).toEqual(all.slice(1));
    expect(await list({ tail: 0 })).toEqual([]);
  });

  it('starts at the nanosecond of `since`', async () => {
    await run(cluster, app);
    const lines = await written(5);
    const since = lines[2]?.time;
    expect((await list({ since }))[0]).toEqual(lines[2]);
  });

  it('shows one pod or one container', async () => {
    await run(cluster, app, { replicas: 2, images: { app: 'nginx', helper: 'busybox' } });
    await waitFor(async () => (await runningPods(cluster, app)).length === 2);
    await written(12);
    const [pod = ''] = await runningPods(cluster, app);
    const lines = await list({ pod, container: 'helper' });
    expect(new Set(lines.map((line) => `${line.pod}/${line.container}`))).toEqual(new Set([`${pod}/helper`]));
    await expect(list({ pod: 'of-somebody-else' })).rejects.toMatchObject({
      problem: { kind: 'not_found', noun: 'pod' },
    });
    await expect(list({ container: 'absent' })).rejects.toMatchObject({
      problem: { kind: 'not_found', noun: 'container' },
    });
  });

  it('shows the run before the last restart', async () => {
    await run(cluster, app, { images: { app: 'crash' } });
    const previous = await waitFor(async () => {
      const lines = await list({ previous: true });
      return lines.length > 0 && lines;
    });
    expect(previous.at(-1)).toMatchObject({ level: 'fatal', message: expect.stringContaining('exit code 3') });
  });

  it('is empty before there are pods, and while an image fails', async () => {
    expect(await list()).toEqual([]);
    await run(cluster, app, { images: { app: 'registry.example/missing' } });
    await waitFor(async () => (await cluster.list('Pod', { namespace: app.environment.namespace })).length === 1);
    expect(await list()).toEqual([]);
    expect(await list({ previous: true })).toEqual([]);
  });

  it('says that the cluster is away', async () => {
    harness.cluster.faults.add({ drop: true, times: 100 });
    await expect(list()).rejects.toMatchObject({ problem: { kind: 'unavailable', code: 'cluster_unreachable' } });
    harness.cluster.faults.clear();
    expect(await list()).toEqual([]);
  });

  it('S7 answers a stranger as it answers for an App that is gone', async () => {
    const stranger = actor({ teams: [{ id: randomUUID(), name: 'others' }] });
    const foreign = await list({}, stranger).catch((error: unknown) => error);
    await harness.deliver(harness.message(appDeleted, { app }));
    const gone = await list().catch((error: unknown) => error);
    expect(foreign).toMatchObject({ problem: { kind: 'not_found', noun: 'app' } });
    expect(gone).toEqual(foreign);
    await expect(list({ pod: 'any' }, stranger)).rejects.toEqual(foreign);
  });

  it('shows them to a member of one of its teams and to an admin', async () => {
    const team = { id: randomUUID(), name: 'blue' };
    const shared = { ...app, teams: [team], version: 2 };
    await created(harness, shared);
    expect(await list({}, actor({ teams: [team] }))).toEqual([]);
    expect(await list({}, actor({ admin: true }))).toEqual([]);
  });

  it('waits for an App whose event is on its way, and then says that nothing is known of it', async () => {
    const late = appFacts(owner.userId);
    const asked = list({ appId: late.id });
    await created(harness, late);
    expect(await asked).toEqual([]);
    await expect(list({ appId: randomUUID() })).rejects.toMatchObject({
      problem: { kind: 'unavailable', noun: 'app' },
    });
  });

  it('needs a credential', async () => {
    await expect(harness.query(listLines, { appId: app.id, tail: 1 }, { actor: undefined })).rejects.toMatchObject({
      problem: { kind: 'unauthenticated' },
    });
  });
});
