// B3: a deployment is accepted, which is when it is on disk with the fact that follows from it. Beside it what that cannot do without: the broker
// has the command on disk, a transaction writes the same rows, and two messages go through the broker. The cluster is away meanwhile: what is
// applied to it is B4's.
import { type Benchmark, figure, type Limit, type Reading } from '../benchmark.js';
import { requestBytes } from '../measure/http-connections.js';
import { measureRoute } from '../measure/http-load.js';
import { bodyOf, rowsOf } from '../parts/app-rows.js';
import { startCluster } from '../parts/cluster.js';
import { startFloorBroker } from '../parts/floor-broker.js';
import type { Instance, User } from '../parts/instance.js';

const CLIENTS = 8;
const FLOOR_MS = 2_000;

export const createOneApp: Benchmark = {
  id: 'B3',
  title: 'POST of a deployment, accepted',
  prepare: async (stage) => {
    const { process: cluster, args } = await startCluster(stage);
    const instance = await stage.instance({ args });
    await cluster.stop();
    const [user] = await instance.users(1);
    if (!user) throw new Error('no user was registered');
    const floor = stage.child(new URL('../floors/bare-api.js', import.meta.url), 'floor');
    const natsUrl = await startFloorBroker(stage);
    await floor.ask('start', { databaseUrl: instance.databaseUrl, natsUrl, statement: 'select 1', value: '' });
    const body = JSON.stringify(bodyOf());
    const rows = await rowsOf(instance, user);
    await floor.ask('writes', { rows });
    const rate = { clients: CLIENTS, ms: FLOOR_MS };
    return [
      {
        name: 'one deployment',
        sides: [
          { name: 'slipway', measure: () => measure(instance, user) },
          {
            name: 'parts',
            measure: async () => ({
              roundTripMs: await floor.ask<number>('roundTrip', { body }),
              acknowledgedMs: await floor.ask<number>('acknowledged', { body }),
              transactionMs: await floor.ask<number>('write'),
              transactionsPerSecond: await floor.ask<number>('writesPerSecond', rate),
            }),
          },
        ],
        limits: LIMITS,
      },
    ];
  },
};

async function measure(instance: Instance, user: User): Promise<Reading> {
  const before = await countOf(instance, user);
  let accepted = 0;
  const reading = await measureRoute({
    port: Number(new URL(instance.url).port),
    request: () => requestBytes('POST', '/v1/deployments', { authorization: `Bearer ${user.token}` }, bodyOf()),
    check: ({ status, body }) => {
      if (status !== 201) throw new Error(`${status} ${body.toString()}`);
      accepted += 1;
    },
    connections: CLIENTS,
  });
  const found = (await countOf(instance, user)) - before;
  if (found !== accepted) throw new Error(`${accepted} deployments were accepted, and ${found} are there`);
  return reading;
}

async function countOf(instance: Instance, { id }: User): Promise<number> {
  const text = 'select count(*)::int as count from deployments.app where owner_id = $1';
  return (await instance.sql<{ count: number }>(text, [id]))[0]?.count ?? 0;
}

const LIMITS: readonly Limit[] = [
  {
    name: 'p50 beyond its parts',
    unit: 'ms',
    better: 'lower',
    gate: 1,
    goal: 0.5,
    of: (round) => {
      const part = (name: string): number => figure(round, 'parts', name);
      const floor = part('acknowledgedMs') + part('transactionMs') + 2 * part('roundTripMs');
      return figure(round, 'slipway', 'p50Ms') - floor;
    },
  },
  {
    name: 'a second at 8, against transactions',
    unit: '×',
    better: 'higher',
    gate: 0.3,
    goal: 0.45,
    of: (round) => figure(round, 'slipway', 'perSecond') / figure(round, 'parts', 'transactionsPerSecond'),
  },
];
