// B10, but for its 24 hours: what Slipway costs while nobody asks it for anything, and how long it takes to start and to stop. Database, broker and
// cluster are beside it, so that what is counted is Slipway's own. Beside it as many bare services in one process as it has apps.
import { setTimeout as delay } from 'node:timers/promises';

import { connect } from '@nats-io/transport-node';

import { type Benchmark, figure, type Limit, type Reading } from '../benchmark.js';
import { now } from '../measure/clock.js';
import { HttpConnections, requestBytes } from '../measure/http-connections.js';
import { startCluster } from '../parts/cluster.js';
import { startFloorBroker } from '../parts/floor-broker.js';
import { startFloorDatabase } from '../parts/floor-database.js';
import type { Instance } from '../parts/instance.js';
import { proportionalBytesOf, residentBytesOf } from '../parts/process-tree.js';
import type { Stage } from '../stage.js';

/** What a start leaves to do is done by then. */
const SETTLE_MS = 20_000;
const IDLE_MS = 60_000;
const LOADED_MS = 3_000;
const READERS = 8;
const WRITERS = 4;
/** Apps that have the cluster client. */
const CLUSTER_CLIENTS = ['deployments', 'logs'];
const MEGABYTE = 1e6;

export const idleFootprint: Benchmark = {
  id: 'B10',
  title: 'idle footprint, start and stop',
  prepare: async (stage) => {
    const cluster = await startCluster(stage);
    const database = await startFloorDatabase(stage);
    const natsUrl = await startFloorBroker(stage);
    const tap = await connect({ servers: natsUrl });
    stage.defer(() => tap.close());
    let messages = 0;
    tap.subscribe('>', { callback: () => void (messages += 1) });
    const beside = { args: cluster.args, env: { DATABASE_URL: database.url, NATS_URL: natsUrl } };
    // Makes schemas, streams and the first user.
    const instance = await stage.instance(beside);
    await instance.stop();

    return [
      {
        name: 'npm start',
        sides: [{ name: 'slipway', measure: () => startTwice(stage) }],
        limits: START_LIMITS,
      },
      {
        name: 'one process',
        sides: [
          {
            name: 'slipway',
            measure: async () => {
              await instance.startAgain();
              await delay(SETTLE_MS);
              const counts = async (): Promise<number[]> => [
                await database.statements(),
                messages,
                await cluster.process.ask<number>('requests'),
                instance.cpuSeconds,
              ];
              const before = await counts();
              await delay(IDLE_MS);
              const after = await counts();
              const [statements = 0, sent = 0, requests = 0, cpu = 0] = after.map(
                (count, index) => ((count - (before[index] ?? 0)) * 1000) / IDLE_MS,
              );
              const residentMB = instance.residentBytes / MEGABYTE;
              await instance.stop();
              return {
                readySeconds: instance.secondsToReady,
                residentMB,
                cpuPercent: 100 * cpu,
                queriesPerSecond: statements,
                messagesPerSecond: sent,
                requestsPerSecond: requests,
              };
            },
          },
          {
            name: 'skeletons',
            measure: async () => {
              const began = now();
              const floor = stage.child(new URL('../floors/skeletons.js', import.meta.url), 'floor');
              await floor.ask('start', { databaseUrl: database.url, natsUrl });
              const readySeconds = (now() - began) / 1000;
              await delay(SETTLE_MS);
              const residentMB = residentBytesOf(floor.pid) / MEGABYTE;
              await floor.stop();
              return { readySeconds, residentMB };
            },
          },
        ],
        limits: IDLE_LIMITS,
      },
      {
        name: 'a process per app',
        sides: [
          {
            name: 'slipway',
            measure: async () => {
              await instance.startAgain(['--processes']);
              await delay(SETTLE_MS);
              const pids = Object.entries(instance.appPids);
              const reading = Object.fromEntries(
                pids.map(([app, pid]) => [`${app}MB`, proportionalBytesOf(pid) / MEGABYTE]),
              );
              await instance.stop();
              return reading;
            },
          },
        ],
        limits: PROCESS_LIMITS,
      },
      {
        name: 'stop under load',
        sides: [
          {
            name: 'slipway',
            measure: async () => {
              await instance.startAgain();
              return stopUnderLoad(instance);
            },
          },
        ],
        limits: STOP_LIMITS,
      },
    ];
  },
};

/** As a user does: with nothing there, and once more on the data of the first time. */
async function startTwice(stage: Stage): Promise<Reading> {
  const instance = await stage.instance({ byNpm: true });
  const firstSeconds = instance.secondsToReady;
  await instance.stop();
  await instance.startAgain();
  await instance.close();
  return { firstSeconds, secondSeconds: instance.secondsToReady };
}

/** @throws Error when a deployment that was accepted is not there, or Slipway did not end in order */
async function stopUnderLoad(instance: Instance): Promise<Reading> {
  const port = Number(new URL(instance.url).port);
  const { headers } = instance.admin;
  const accepted: string[] = [];
  let answered = 0;
  const asking = (count: number, ask: (connection: HttpConnections) => Promise<void>): Promise<unknown>[] =>
    Array.from({ length: count }, async () => {
      const connection = await HttpConnections.open(port, 1);
      try {
        for (;;) await ask(connection);
      } catch {
        // The end of the connection is the end of the load.
      } finally {
        connection.close();
      }
    });
  const read = requestBytes('GET', '/v1/deployments', headers);
  const load = [
    ...asking(READERS, async (connection) => {
      if ((await connection.send(read)).status === 200) answered += 1;
    }),
    ...asking(WRITERS, async (connection) => {
      const body = { app_name: `stop-${now().toString(36).replace('.', '')}`, image: 'nginx:1', port: 80 };
      const answer = await connection.send(requestBytes('POST', '/v1/deployments', headers, body));
      if (answer.status === 201) accepted.push((JSON.parse(answer.body.toString()) as { id: string }).id);
    }),
  ];
  await delay(LOADED_MS);
  const began = now();
  await instance.stop('SIGTERM');
  const stopSeconds = (now() - began) / 1000;
  await Promise.all(load);
  if (answered === 0 || accepted.length === 0) throw new Error('there was no load');
  const text = 'select count(*)::int as count from deployments.app where id = any($1::uuid[])';
  const found = (await instance.sql<{ count: number }>(text, [accepted]))[0]?.count;
  if (found !== accepted.length)
    throw new Error(`${accepted.length} deployments were accepted, and ${found} are there`);
  return { stopSeconds, loadPerSecond: ((answered + accepted.length) * 1000) / LOADED_MS };
}

type Bounds = Pick<Limit, 'unit' | 'gate' | 'goal'>;

/** Less is better. */
function atMost(name: string, side: string, figureName: string, bounds: Bounds): Limit {
  return { name, better: 'lower', ...bounds, of: (round) => figure(round, side, figureName) };
}

const START_LIMITS = [
  atMost('first start', 'slipway', 'firstSeconds', { unit: 's', gate: 10 }),
  atMost('second start', 'slipway', 'secondSeconds', { unit: 's', gate: 5 }),
];

const IDLE_LIMITS: readonly Limit[] = [
  atMost('start, database and broker there', 'slipway', 'readySeconds', { unit: 's', gate: 3, goal: 1.5 }),
  atMost('resident', 'slipway', 'residentMB', { unit: 'MB', gate: 300, goal: 240 }),
  {
    name: 'resident, against skeletons',
    unit: '×',
    better: 'lower',
    of: (round) => figure(round, 'slipway', 'residentMB') / figure(round, 'skeletons', 'residentMB'),
  },
  atMost('share of a core', 'slipway', 'cpuPercent', { unit: '%', gate: 2 }),
  atMost('requests of the cluster', 'slipway', 'requestsPerSecond', { unit: '/s', gate: 1 }),
  atMost('queries', 'slipway', 'queriesPerSecond', { unit: '/s', gate: 20 }),
  atMost('messages of the broker', 'slipway', 'messagesPerSecond', { unit: '/s', gate: 10 }),
];

const isApp = (name: string): boolean => name.endsWith('MB');
const hasClient = (name: string): boolean => CLUSTER_CLIENTS.includes(name.slice(0, -2));

/** Of the apps that are meant. */
const megabytes = (reading: Reading = {}, isMeant: (name: string) => boolean): number[] =>
  Object.entries(reading).flatMap(([name, value]) => (isApp(name) && isMeant(name) ? [value] : []));

const PROCESS_LIMITS: readonly Limit[] = [
  {
    name: 'largest without the cluster client',
    unit: 'MB',
    better: 'lower',
    gate: 110,
    of: ({ slipway }) => Math.max(...megabytes(slipway, (name) => !hasClient(name))),
  },
  {
    name: 'largest with it',
    unit: 'MB',
    better: 'lower',
    gate: 150,
    of: ({ slipway }) => Math.max(...megabytes(slipway, hasClient)),
  },
  {
    name: 'all together',
    unit: 'MB',
    better: 'lower',
    gate: 800,
    of: ({ slipway }) => megabytes(slipway, () => true).reduce((sum, one) => sum + one, 0),
  },
];

const STOP_LIMITS = [atMost('SIGTERM until it has ended', 'slipway', 'stopSeconds', { unit: 's', gate: 10 })];
