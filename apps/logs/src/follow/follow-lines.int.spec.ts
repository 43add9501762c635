import { randomUUID } from 'node:crypto';

import type { Cluster } from '@slipway/cluster';
import {
  type AppFacts,
  appDeleted,
  type FollowedLines,
  followLines,
  listLines,
  type LiveLine,
} from '@slipway/contracts';
import { Metrics } from '@slipway/runtime';
import { actor, appFacts, type Harness, startHarness, waitFor } from '@slipway/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { clusterOf, created, run, runningPods } from '../fixture/logs.js';
import { logs, migrations } from '../index.js';
import { FollowOwnerEntity } from './follow-owner.entity.js';
import type { Positions } from './positions.js';

const timings = {
  pullMs: 10,
  startMs: 10,
  readyMs: 5,
  logIntervalMs: 10,
  terminationMs: 50,
  crashAfterMs: 400,
  backOffMs: 2000,
};

describe('followLines', () => {
  let harness: Harness;
  let cluster: Cluster;
  let app: AppFacts;
  /** Without breaks, which are counted. */
  let heard: LiveLine[];
  let breaks: { before: number }[];
  const owner = actor();

  const follow = (leaseId?: string, who = owner): Promise<FollowedLines> =>
    harness.query(followLines, { appId: app.id, leaseId }, { actor: who });
  const upstreams = async (): Promise<number> => {
    const metrics = harness.service.app.get(Metrics, { strict: false });
    return (await metrics.getSingleMetric('slipway_log_upstreams')?.get())?.values[0]?.value ?? 0;
  };
  const messagesOf = (pod: string, container = 'app'): string[] =>
    heard
      .filter((line) => line.pod === pod && line.container === container && line.kind === 'line')
      .map(({ message }) => message ?? '');
  /** The numbers that a container of the embedded cluster counts in its lines. */
  const numbersOf = (pod: string, container = 'app'): number[] =>
    messagesOf(pod, container)
      .map((message) => /: line (\d+)$/.exec(message)?.[1])
      .filter((number) => number !== undefined)
      .map(Number);
  const hears = (pod: string, count: number, container = 'app') =>
    waitFor(() => numbersOf(pod, container).length >= count);
  const expectUnbroken = (numbers: number[], first = numbers[0] ?? 1) =>
    expect(numbers).toEqual(numbers.map((_, index) => first + index));
  const onePod = async (images?: Record<string, string>): Promise<string> => {
    // A test that cuts connections cuts its own as well.
    await waitFor(() => run(cluster, app, { images }).then(() => true));
    return waitFor(async () => (await runningPods(cluster, app))[0]);
  };

  beforeAll(async () => {
    harness = await startHarness({ service: logs, migrations, cluster: { timings } });
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
    heard = [];
    breaks = [];
    const [lines, told] = [heard, breaks];
    await harness.listen(`log.${app.environment.id}.${app.id}.>`, (payload) => {
      const line = payload as LiveLine;
      if (line.kind === 'break') told.push({ before: lines.length });
      else lines.push(line);
    });
  });

  afterEach(() => harness.deliver(harness.message(appDeleted, { app })));

  it('makes one upstream per container, whatever the number of readers', async () => {
    const pod = await onePod({ app: 'nginx', helper: 'busybox' });
    const [first, second] = await Promise.all([follow(), follow()]);
    expect(second.leaseId).not.toBe(first.leaseId);
    expect(second.subject).toBe(first.subject);
    expect(first.renewWithinMs).toBe(15_000);
    await follow(first.leaseId);
    await hears(pod, 20);
    await hears(pod, 20, 'helper');
    expect(await upstreams()).toBe(2);
    expectUnbroken(numbersOf(pod));
    expectUnbroken(numbersOf(pod, 'helper'));
  });

  it('says the same of a line as listLines', async () => {
    const pod = await onePod();
    await follow();
    await hears(pod, 5);
    const { lines } = await harness.query(listLines, { appId: app.id, tail: 1000 }, { actor: owner });
    for (const line of heard.slice(0, 5))
      expect(lines.map((listed) => ({ kind: 'line', ...listed }))).toContainEqual(line);
  });

  it('begins with what is written after the answer', async () => {
    const pod = await onePod();
    await waitFor(async () => {
      const { lines } = await harness.query(listLines, { appId: app.id, tail: 1000 }, { actor: owner });
      return lines.length > 30;
    });
    const before = await harness.query(listLines, { appId: app.id, tail: 1 }, { actor: owner });
    await follow();
    const after = await harness.query(listLines, { appId: app.id, tail: 1000 }, { actor: owner });
    await hears(pod, 10);
    const [first] = heard;
    expect((first?.time ?? '') > (before.lines[0]?.time ?? '')).toBe(true);
    // No line is in neither of them.
    const listed = after.lines.map(({ message }) => message);
    expectUnbroken(
      [...new Set([...listed, ...messagesOf(pod)])]
        .filter((text) => text.includes(': line '))
        .map((text) => Number(/\d+$/.exec(text)?.[0])),
    );
  });

  it('P5 publishes each line once while connections are cut', async () => {
    const pod = await onePod();
    await follow();
    for (let cut = 1; cut <= 5; cut += 1) {
      await hears(pod, cut * 15);
      harness.cluster.faults.cutConnections();
      harness.cluster.faults.add({ verb: 'log', status: 503, times: 1 });
    }
    await hears(pod, 100);
    expectUnbroken(numbersOf(pod));
    expect(heard.filter(({ kind }) => kind === 'gap')).toEqual([]);
  });

  it('P5 lets lines wait while the broker is away', async () => {
    const pod = await onePod();
    const { leaseId } = await follow();
    await hears(pod, 5);
    await harness.haltBroker();
    const away = await newestNumber(pod);
    await waitFor(async () => (await newestNumber(pod)) > away + 60);
    await beat();
    const [owned] = await harness.rows(FollowOwnerEntity, { appId: app.id });
    const published = Object.values(owned?.positions ?? {})[0]?.time;
    const { namespace } = app.environment;
    const written = await cluster.readLog({ namespace, pod, container: 'app' });
    const last = written.find(({ time }) => time === published)?.text ?? '';
    expect(Number(/: line (\d+)$/.exec(last)?.[1])).toBeLessThan(away + 20);
    await harness.resumeBroker();
    await follow(leaseId);
    await waitFor(() => (numbersOf(pod).at(-1) ?? 0) > away + 100);
    const numbers = numbersOf(pod);
    expect(numbers).toEqual([...new Set(numbers)].sort((one, other) => one - other));
  });

  it('goes on with the new pods of a rollout, from their first line', async () => {
    const before = await onePod();
    await follow();
    await hears(before, 5);
    await run(cluster, app, { images: { app: 'nginx:next' } });
    const after = await waitFor(async () => (await runningPods(cluster, app)).find((pod) => pod !== before));
    await waitFor(() => messagesOf(before).includes('app: stopping'));
    await hears(after, 10);
    expect(messagesOf(after)[0]).toBe('app: started from image nginx:next');
    expectUnbroken(numbersOf(after), 1);
    expectUnbroken(numbersOf(before));
    await waitFor(async () => (await upstreams()) === 1);
  });

  it('reads a pod from its first line that it hears of late', async () => {
    await onePod();
    await follow();
    const remove = harness.cluster.faults.add({ verb: 'watch', resource: 'pods', status: 503, times: 1000 });
    harness.cluster.faults.cutConnections();
    await waitFor(() => run(cluster, app, { replicas: 2 }).then(() => true));
    const pods = await waitFor(async () => {
      const running = await runningPods(cluster, app);
      return running.length === 2 && running;
    });
    for (const pod of pods) await waitFor(async () => (await newestNumber(pod)) > 20);
    harness.cluster.faults.forgetHistory();
    remove();
    for (const pod of pods) await hears(pod, 20);
    const late = pods.filter((pod) => messagesOf(pod)[0] === 'app: started from image nginx');
    expect(late).toHaveLength(1);
    for (const pod of pods) expectUnbroken(numbersOf(pod));
  });

  it('goes on over restarts of a container', async () => {
    await follow();
    const pod = await onePod({ app: 'crash' });
    await waitFor(() => messagesOf(pod).filter((text) => text.includes('fatal')).length >= 3);
    const started = 'app: started from image crash';
    const ended = 'app: fatal: the image named crash always ends with exit code 3';
    expect(messagesOf(pod).slice(0, 6)).toEqual([started, ended, started, ended, started, ended]);
    expect(heard.filter(({ kind }) => kind === 'gap')).toEqual([]);
  });

  it('reads the end of a run that ended behind a cut connection', async () => {
    await follow();
    const pod = await onePod({ app: 'crash' });
    await waitFor(() => messagesOf(pod).length === 1);
    await cutUntilRestart(1);
    await waitFor(() => messagesOf(pod).length >= 4);
    expect(messagesOf(pod).map((text) => /started|fatal/.exec(text)?.[0])).toEqual([
      'started',
      'fatal',
      'started',
      'fatal',
    ]);
    expect(heard.filter(({ kind }) => kind === 'gap')).toEqual([]);
  });

  it('reads a run that ended before it could be followed', async () => {
    await follow();
    const restarted = cutUntilRestart(1);
    const pod = await onePod({ app: 'crash' });
    await restarted;
    const [first] = await cluster.readLog({
      namespace: app.environment.namespace,
      pod,
      container: 'app',
      previous: true,
    });
    await waitFor(() => messagesOf(pod).length >= 4);
    expect(heard[0]?.time).toBe(first?.time);
    expect(messagesOf(pod).map((text) => /started|fatal/.exec(text)?.[0])).toEqual([
      'started',
      'fatal',
      'started',
      'fatal',
    ]);
  });

  it('P5 says that lines are gone which the cluster has no more', async () => {
    await follow();
    const pod = await onePod({ app: 'crash' });
    await waitFor(() => messagesOf(pod).length === 1);
    // Two runs end meanwhile: the log of the first one, whose end was not read, is no longer kept.
    await cutUntilRestart(2);
    await waitFor(() => messagesOf(pod).length >= 5);
    expect(heard.map(({ kind }) => kind)).toEqual(['line', 'gap', 'line', 'line', 'line', 'line']);
    expect(heard[1]).toMatchObject({ pod, container: 'app', since: heard[0]?.time, time: heard[2]?.time });
  });

  it('P5 tells of a break before the first line of a follow that does not go on from the one before', async () => {
    const pod = await onePod();
    const { leaseId } = await follow();
    await hears(pod, 3);
    expect(breaks).toEqual([{ before: 0 }]);
    await harness.dataSource.query(`update follow_lease set expires_at = now() - interval '1 second' where id = $1`, [
      leaseId,
    ]);
    await waitFor(async () => (await upstreams()) === 0);
    const before = heard.length;
    await follow(leaseId);
    await waitFor(() => heard.length > before);
    expect(breaks).toEqual([{ before: 0 }, { before }]);
  });

  it('P5 follows the other pods when the log of one cannot be read, and tells of the gap when it can', async () => {
    await waitFor(() => run(cluster, app, { replicas: 2 }).then(() => true));
    const [silent = '', other = ''] = await waitFor(async () => {
      const pods = await runningPods(cluster, app);
      return pods.length === 2 && pods;
    });
    const remove = harness.cluster.faults.add({ verb: 'log', name: silent, status: 500, times: 1000 });
    await follow();
    await hears(other, 10);
    expect(messagesOf(silent)).toEqual([]);
    remove();
    await hears(silent, 10);
    expect(heard.find((line) => line.pod === silent)).toMatchObject({ kind: 'gap', container: 'app' });
    expectUnbroken(numbersOf(silent));
    expectUnbroken(numbersOf(other));
  });

  it('publishes `end` when the App is gone, and stops', async () => {
    const pod = await onePod();
    const { leaseId } = await follow();
    await hears(pod, 3);
    await harness.publish(appDeleted, { app });
    await waitFor(() => heard.some(({ kind }) => kind === 'end'));
    expect(await upstreams()).toBe(0);
    await expect(follow(leaseId)).rejects.toMatchObject({ problem: { kind: 'not_found', noun: 'app' } });
  });

  it('stops with the last lease', async () => {
    const pod = await onePod();
    const { leaseId } = await follow();
    const other = await follow();
    await hears(pod, 3);
    await harness.dataSource.query(`update follow_lease set expires_at = now() - interval '1 second' where id = $1`, [
      leaseId,
    ]);
    await beat();
    await beat();
    expect(await upstreams()).toBe(1);
    await harness.dataSource.query(`update follow_lease set expires_at = now() - interval '1 second' where id = $1`, [
      other.leaseId,
    ]);
    await waitFor(async () => (await upstreams()) === 0);
    await waitFor(async () => (await harness.rows(FollowOwnerEntity, { appId: app.id })).length === 0);
  });

  it('leaves an App to the replica that has it, and goes on where a dead one stopped', async () => {
    const pod = await onePod();
    const { leaseId } = await follow();
    await hears(pod, 20);
    // The owner says that it is there with its next beat; then another replica has the App, and dies.
    const positions = await waitFor(async () => {
      const [row] = await harness.rows(FollowOwnerEntity, { appId: app.id });
      return row?.positions && Object.values(row.positions)[0]?.time ? row.positions : undefined;
    });
    const other = randomUUID();
    await take(other, positions, '1 hour');
    await waitFor(async () => (await upstreams()) === 0);
    heard.length = 0;
    await follow(leaseId);
    expect(await harness.rows(FollowOwnerEntity, { appId: app.id })).toMatchObject([{ replicaId: other }]);
    expect(await upstreams()).toBe(0);
    await take(other, positions, '-1 second');
    // Readers have their lines so far: whatever the cluster does, their lease is renewed.
    const remove = harness.cluster.faults.add({ status: 503, times: 1000 });
    expect((await follow(leaseId)).leaseId).toBe(leaseId);
    remove();
    await hears(pod, 20);
    expectUnbroken(numbersOf(pod));
    const [position] = Object.values(positions);
    const { lines } = await harness.query(listLines, { appId: app.id, tail: 10_000 }, { actor: owner });
    expect(messagesOf(pod)[0]).toBe(lines.find(({ time }) => time > (position?.time ?? ''))?.message);
  });

  it('hands over what it follows when it stops', async () => {
    const pod = await onePod();
    const { leaseId } = await follow();
    await hears(pod, 10);
    await harness.stop();
    await harness.start();
    await follow(leaseId);
    const count = numbersOf(pod).length;
    await hears(pod, count + 20);
    expectUnbroken(numbersOf(pod));
  });

  it('says that the cluster is away', async () => {
    const remove = harness.cluster.faults.add({ status: 503, times: 1000 });
    await expect(follow()).rejects.toMatchObject({ problem: { kind: 'unavailable', code: 'cluster_unreachable' } });
    remove();
    const pod = await onePod();
    await follow();
    await hears(pod, 3);
  });

  it('S7 answers a stranger as it answers for an App that is gone, and follows nothing', async () => {
    const foreign = await follow(undefined, actor()).catch((error: unknown) => error);
    expect(await upstreams()).toBe(0);
    await harness.deliver(harness.message(appDeleted, { app }));
    expect(foreign).toMatchObject({ problem: { kind: 'not_found', noun: 'app' } });
    await expect(follow()).rejects.toEqual(foreign);
  });

  /** Resolves when the owner has said again that it is there, and how far it has come. */
  async function beat(): Promise<void> {
    const expiry = async () => (await harness.rows(FollowOwnerEntity, { appId: app.id }))[0]?.expiresAt.getTime() ?? 0;
    const before = await expiry();
    await waitFor(async () => (await expiry()) > before);
  }

  /** Of the last line that a container has written, past Slipway. */
  async function newestNumber(pod: string): Promise<number> {
    const { namespace } = app.environment;
    const [line] = await cluster.readLog({ namespace, pod, container: 'app', tailLines: 1 });
    return Number(/: line (\d+)$/.exec(line?.text ?? '')?.[1] ?? 0);
  }

  /** Keeps the log from being followed until the container has been restarted so often. */
  async function cutUntilRestart(restarts: number): Promise<void> {
    const remove = harness.cluster.faults.add({ verb: 'log', status: 503, times: 1000 });
    harness.cluster.faults.cutConnections();
    await waitFor(async () => {
      const [pod] = await cluster.list('Pod', { namespace: app.environment.namespace });
      return pod?.status?.containerStatuses?.[0]?.restartCount === restarts;
    });
    remove();
  }

  async function take(replicaId: string, positions: Positions, expiresIn: string): Promise<void> {
    await harness.dataSource.query(
      `update follow_owner set replica_id = $2, positions = $3, expires_at = now() + $4::interval where app_id = $1`,
      [app.id, replicaId, JSON.stringify(positions), expiresIn],
    );
  }
});
