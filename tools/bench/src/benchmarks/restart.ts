// B9: a start on what the last run left. With 10,000 Apps: when it is ready, a pass over all of them that finds nothing to do, and one that has to
// bring something back for each; beside it one LIST of their objects. With 100,000 events that nobody has taken in: how fast they are; beside it
// consumers that put them into an inbox and do nothing else.
//
// The Apps are rows of one that Slipway made, multiplied; Slipway itself brings them to the cluster, once. The events go into the stream of the
// stopped instance, over a broker that runs on its data alone.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { appRestarted } from '@slipway/contracts';
import { waitFor } from '@slipway/testing';
import { findNatsServer, startNatsServer } from '@slipway/testing/backends';

import { type Benchmark, figure, type Limit, type Reading, type Scenario } from '../benchmark.js';
import { now } from '../measure/clock.js';
import { type BesideCluster, startCluster } from '../parts/cluster.js';
import { FactSource } from '../parts/fact-source.js';
import { startFloorBroker } from '../parts/floor-broker.js';
import type { Instance } from '../parts/instance.js';
import { multiplyApp } from '../parts/many-apps.js';
import type { Stage } from '../stage.js';

const APPS = 10_000;
const EVENTS = 100_000;
const OWNERS = 1_000;
/** What taking in the events leaves behind. */
const EFFECTS = [
  ...appRestarted.listeners.map((listener) => `${listener}.inbox`),
  'notifications.feed',
  'notifications.feed_entry',
  'logs.activity',
  'logs.app_audience',
];
/** Events on their way to the broker at the same time. */
const SENT_AT_ONCE = 256;
const PATIENCE_MS = 15 * 60_000;
const LOOK_MS = 250;

export const restartWithMany: Benchmark = {
  id: 'B9',
  title: 'start with 10,000 Apps, or with 100,000 events to take in',
  prepare: async (stage) => [manyApps(stage), await backlog(stage)],
};

// ---- Apps

function manyApps(stage: Stage): Scenario {
  const floor = stage.child(new URL('../floors/list-objects.js', import.meta.url), 'floor');
  let cluster: BesideCluster;
  let instance: Instance;
  return {
    name: `${APPS} Apps`,
    open: async () => {
      cluster = await startCluster(stage);
      instance = await stage.instance({ args: cluster.args });
      await make(stage, instance, cluster);
    },
    close: async () => {
      await instance.close();
      await cluster.process.stop();
    },
    sides: [
      { name: 'nothing differs', measure: () => quietStart(instance, cluster) },
      { name: 'all drifted', measure: () => startAfterDrift(instance, cluster) },
      { name: 'LIST', measure: () => floor.ask<{ seconds: number; objects: number }>('list', cluster.access) },
    ],
    limits: APP_LIMITS,
  };
}

async function make(stage: Stage, instance: Instance, { process: cluster }: BesideCluster): Promise<void> {
  const body = { app_name: 'one', image: 'nginx:1', port: 80, env_vars: { MODE: 'live' } };
  const { status, body: answer } = await instance.admin.send('POST', '/v1/deployments', body);
  if (status !== 201) throw new Error(`a deployment: ${status} ${JSON.stringify(answer)}`);
  await allRun(instance, cluster, 1);
  await multiplyApp({ instance, id: String(answer.id), count: APPS });
  stage.tell(`bringing ${APPS} Apps to the cluster`);
  await stopRested(instance);
  // What the rows say was seen of the first App. They are still to be looked at for the first time.
  const began = now();
  const since = await start(instance);
  await allRun(instance, cluster, APPS, since);
  stage.tell(`all of them run after ${((now() - began) / 1000).toFixed(0)} s`);
}

/** By what Slipway has seen `since` then, and in the cluster itself, which is asked last: to list all of it is work. */
async function allRun(
  instance: Instance,
  cluster: BesideCluster['process'],
  count: number,
  since = new Date(0),
): Promise<void> {
  const late = () =>
    instance.sql(
      `select 1 from deployments.app where phase <> 'running' or reason <> '' or observed_at <= $1 limit 1`,
      [since],
    );
  await waitFor(async () => (await late()).length === 0, { timeoutMs: PATIENCE_MS, intervalMs: LOOK_MS });
  const running = await cluster.ask<number>('running');
  if (running !== count) throw new Error(`${running} Apps run in the cluster, and ${count} are said to`);
}

async function quietStart(instance: Instance, { process: cluster }: BesideCluster): Promise<Reading> {
  await stopRested(instance);
  const writes = await cluster.ask<number>('writes');
  const since = await start(instance);
  const passes = await allPassed(instance, since);
  const wrote = (await cluster.ask<number>('writes')) - writes;
  if (wrote > 0) throw new Error(`${wrote} objects were written, and none differed`);
  return { readySeconds: instance.secondsToReady, ...passes, residentMB: instance.residentBytes / 1e6 };
}

async function startAfterDrift(instance: Instance, { process: cluster }: BesideCluster): Promise<Reading> {
  await instance.stop();
  await cluster.ask('deleteServices');
  const writes = await cluster.ask<number>('writes');
  await start(instance);
  const repaired = async (): Promise<number> => (await cluster.ask<number>('writes')) - writes;
  await waitFor(async () => (await repaired()) > 0, { timeoutMs: PATIENCE_MS });
  const began = now();
  await waitFor(async () => (await repaired()) >= APPS, { timeoutMs: PATIENCE_MS, intervalMs: LOOK_MS });
  const perSecond = (1000 * APPS) / (now() - began);
  const [services, wrote] = [await cluster.ask<number>('services'), await repaired()];
  if (services !== APPS || wrote !== APPS)
    throw new Error(`${services} Services are there after ${wrote} writes, and ${APPS} were taken away`);
  return { perSecond };
}

// The time of a look is written only when the last one was a while ago.
async function stopRested(instance: Instance): Promise<void> {
  await instance.sql(`update deployments.app set observed_at = observed_at - interval '1 minute'`);
  await instance.stop();
}

/** The time at which it began. */
async function start(instance: Instance): Promise<Date> {
  const since = new Date();
  await instance.startAgain();
  return since;
}

/** From the first look at an App to the last one, as the rows say. */
async function allPassed(instance: Instance, since: Date): Promise<Reading> {
  const passed = async () =>
    (
      await instance.sql<{ count: number; seconds: number }>(
        `select count(*)::int as count, extract(epoch from max(observed_at) - min(observed_at))::float8 as seconds
          from deployments.app where observed_at > $1`,
        [since],
      )
    )[0];
  const seconds = await waitFor(
    async () => {
      const now = await passed();
      return now?.count === APPS && now.seconds;
    },
    { timeoutMs: PATIENCE_MS, intervalMs: LOOK_MS },
  );
  return { passSeconds: seconds, perSecond: APPS / seconds };
}

const APP_LIMITS: readonly Limit[] = [
  {
    name: 'ready',
    unit: 's',
    better: 'lower',
    gate: 10,
    goal: 5,
    of: (round) => figure(round, 'nothing differs', 'readySeconds'),
  },
  {
    name: 'Apps a second, nothing differs',
    unit: '/s',
    better: 'higher',
    gate: 20,
    goal: 400,
    of: (round) => figure(round, 'nothing differs', 'perSecond'),
  },
  {
    name: 'all Apps against LIST',
    unit: '×',
    better: 'lower',
    of: (round) => figure(round, 'nothing differs', 'passSeconds') / figure(round, 'LIST', 'seconds'),
  },
  {
    name: 'Apps a second, all drifted',
    unit: '/s',
    better: 'higher',
    goal: 40,
    of: (round) => figure(round, 'all drifted', 'perSecond'),
  },
];

// ---- events

async function backlog(stage: Stage): Promise<Scenario> {
  const binary = await findNatsServer({ env: process.env, progress: stage.tell });
  const floor = stage.child(new URL('../floors/drain-events.js', import.meta.url), 'floor');
  let instance: Instance;
  return {
    name: `${EVENTS} events`,
    open: async () => {
      instance = await stage.instance();
      await instance.stop();
      stage.tell(`publishing ${EVENTS} events`);
      await withBroker(binary, instance, publish);
      const natsUrl = await startFloorBroker(stage, { streams: streamsOf(instance) });
      await floor.ask('start', { natsUrl, listeners: appRestarted.listeners });
    },
    close: () => instance.close(),
    sides: [
      { name: 'slipway', measure: () => drain(instance, binary) },
      {
        name: 'raw',
        measure: async () => ({
          perSecond: await floor.ask<number>('drain', { events: EVENTS, databaseUrl: instance.databaseUrl }),
        }),
      },
    ],
    limits: BACKLOG_LIMITS,
  };
}

const streamsOf = ({ dataDir }: Instance): string => join(dataDir, 'nats', 'streams');

/** A broker on the data of a stopped instance, without its users. What it is given is on disk when it has stopped, not before. */
async function withBroker(binary: string, { dataDir }: Instance, work: (url: string) => Promise<void>): Promise<void> {
  const broker = await startNatsServer({ binary, dataDir: join(dataDir, 'nats'), syncInterval: '1m' });
  try {
    await work(broker.url);
  } finally {
    await broker.stop();
  }
}

async function drain(instance: Instance, binary: string): Promise<Reading> {
  await instance.stop();
  // Services without consumers are given new ones, which begin with the first event.
  await withBroker(binary, instance, forgetConsumers);
  const since = await start(instance);
  const taken = async () =>
    Promise.all(
      appRestarted.listeners.map(
        async (listener) =>
          (
            await instance.sql<{ count: number; first: number; last: number }>(
              `select count(*)::int as count, extract(epoch from min(created_at))::float8 as first,
                  extract(epoch from max(created_at))::float8 as last
                from ${listener}.inbox where created_at > $1 and subject = $2`,
              [since, appRestarted.subject],
            )
          )[0],
      ),
    );
  const all = await waitFor(
    async () => {
      const inboxes = await taken();
      return inboxes.every((one) => one?.count === EVENTS) && inboxes.flatMap((one) => one ?? []);
    },
    { timeoutMs: PATIENCE_MS, intervalMs: 2 * LOOK_MS },
  );
  const made = await Promise.all([countOf(instance, 'notifications.feed_entry'), countOf(instance, 'logs.activity')]);
  if (made.some((count) => count !== EVENTS)) throw new Error(`${EVENTS} events made ${made.join(' and ')} entries`);
  // Each round takes them in for the first time.
  await instance.sql(`truncate ${EFFECTS.join(', ')}`);
  const seconds = Math.max(...all.map(({ last }) => last)) - Math.min(...all.map(({ first }) => first));
  return { perSecond: EVENTS / seconds };
}

async function countOf(instance: Instance, table: string): Promise<number> {
  return (await instance.sql<{ count: number }>(`select count(*)::int as count from ${table}`))[0]?.count ?? 0;
}

async function forgetConsumers(natsUrl: string): Promise<void> {
  const nats = await connect({ servers: natsUrl });
  const { consumers } = await jetstreamManager(nats);
  for (const listener of appRestarted.listeners) await consumers.delete('EVENTS', listener);
  await nats.close();
}

/** Facts about Apps of many users. */
async function publish(natsUrl: string): Promise<void> {
  const owners = Array.from({ length: OWNERS }, () => randomUUID());
  const facts = await FactSource.open(natsUrl);
  let next = 0;
  const sender = async (): Promise<void> => {
    for (let index = next++; index < EVENTS; index = next++)
      await facts.restarted(owners[index % OWNERS] ?? '', index, now());
  };
  await Promise.all(Array.from({ length: SENT_AT_ONCE }, sender));
  await facts.close();
}

const BACKLOG_LIMITS: readonly Limit[] = [
  {
    name: 'events a second against raw',
    unit: '×',
    better: 'higher',
    gate: 0.5,
    goal: 0.75,
    of: (round) => figure(round, 'slipway', 'perSecond') / figure(round, 'raw', 'perSecond'),
  },
];
