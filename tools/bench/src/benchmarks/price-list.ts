// The price list: what each thing costs that Slipway does for safety or for sight, beside the same without it.
import { type Benchmark, figure, type Limit, type Reading } from '../benchmark.js';
import { latenciesAlone, rateOf } from '../measure/closed-loop.js';
import { type Answer, HttpConnections, requestBytes } from '../measure/http-connections.js';
import { bodyOf, rowsOf } from '../parts/app-rows.js';
import type { Child } from '../parts/child.js';
import { startCluster } from '../parts/cluster.js';
import { startFloorBroker } from '../parts/floor-broker.js';
import type { Instance, User } from '../parts/instance.js';
import type { Stage } from '../stage.js';

const MS = 2_000;
const PUBLISHERS = 64;
const CLIENTS = 8;
/** nats-server's own. */
const DEFAULT_SYNC = '2m';

export const priceList: Benchmark = {
  id: 'P',
  title: 'price list: syncing, tracing, inbox and outbox, Argon2',
  prepare: async (stage) => {
    const { process: cluster, args } = await startCluster(stage);
    const collector = stage.child(new URL('../world/collector.js', import.meta.url), 'world');
    const OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${await collector.ask<number>('start')}`;
    const plain = await withUser(await stage.instance({ args }));
    const traced = await withUser(await stage.instance({ args, env: { OTEL_EXPORTER_OTLP_ENDPOINT } }));
    // What is applied is not what is asked here.
    await cluster.stop();
    const always = await floorOf(stage, plain.instance);
    const seldom = await floorOf(stage, plain.instance, DEFAULT_SYNC);
    const rows = await rowsOf(plain.instance, plain.user);
    const bare = rows.filter(({ table }) => !/\.(inbox|outbox)$/.test(table));
    const body = JSON.stringify(bodyOf());
    const transactions = async (written: typeof rows): Promise<Reading> => {
      await always.ask('writes', { rows: written });
      const perSecond = await always.ask<number>('writesPerSecond', { clients: CLIENTS, ms: MS });
      return { p50Ms: await always.ask<number>('write'), perSecond };
    };
    const publishing = async (floor: Child): Promise<Reading> => ({
      p50Ms: await floor.ask<number>('acknowledged', { body }),
      perSecond: await floor.ask<number>('acknowledgedPerSecond', { body, clients: PUBLISHERS, ms: MS }),
    });
    const { email, password, digest } = await passwordOf(plain);

    return [
      {
        name: 'a message on disk, sync_interval',
        sides: [
          { name: 'always', measure: () => publishing(always) },
          { name: 'default', measure: () => publishing(seldom) },
        ],
        limits: ratios('always', 'default'),
      },
      {
        name: 'POST of a deployment, tracing',
        sides: [
          { name: 'traced', measure: () => measurePosts(traced) },
          { name: 'plain', measure: () => measurePosts(plain) },
        ],
        limits: ratios('traced', 'plain'),
      },
      {
        name: 'the transaction, inbox and outbox',
        sides: [
          { name: 'with', measure: () => transactions(rows) },
          { name: 'without', measure: () => transactions(bare) },
        ],
        limits: ratios('with', 'without'),
      },
      {
        name: 'a login, Argon2',
        sides: [
          { name: 'login', measure: () => measureLogins(plain.instance, email, password) },
          {
            name: 'hash',
            measure: async () => ({
              p50Ms: await always.ask<number>('hash', { password, digest }),
              perSecond: await always.ask<number>('hashesPerSecond', { password, digest, clients: CLIENTS, ms: MS }),
            }),
          },
        ],
        limits: [
          ratio('p50', 'login', 'hash', 'p50Ms', 'lower'),
          { ...ratio('a second', 'login', 'hash', 'perSecond', 'higher'), gate: 0.8 },
        ],
      },
    ];
  },
};

interface Rig {
  readonly instance: Instance;
  readonly user: User;
}

async function withUser(instance: Instance): Promise<Rig> {
  const [user] = await instance.users(1);
  if (!user) throw new Error('no user was registered');
  return { instance, user };
}

async function floorOf(stage: Stage, { databaseUrl }: Instance, syncInterval?: string): Promise<Child> {
  const floor = stage.child(new URL('../floors/bare-api.js', import.meta.url), 'floor');
  const natsUrl = await startFloorBroker(stage, { syncInterval });
  await floor.ask('start', { databaseUrl, natsUrl, statement: 'select 1', value: '' });
  return floor;
}

async function measurePosts({ instance, user }: Rig): Promise<Reading> {
  const headers = { authorization: `Bearer ${user.token}` };
  return asking(instance, 201, () => requestBytes('POST', '/v1/deployments', headers, bodyOf()));
}

async function measureLogins(instance: Instance, email: string, password: string): Promise<Reading> {
  const request = requestBytes('POST', '/v1/auth/login', {}, { email, password });
  return asking(instance, 200, () => request);
}

async function asking({ url }: Instance, wanted: number, request: () => Buffer): Promise<Reading> {
  const check = ({ status, body }: Answer): void => {
    if (status !== wanted) throw new Error(`${status} ${body.toString()}`);
  };
  const connections = await HttpConnections.open(Number(new URL(url).port), CLIENTS);
  const ask = async (): Promise<void> => check(await connections.send(request()));
  try {
    const perSecond = await rateOf(ask, CLIENTS, MS);
    return { p50Ms: (await latenciesAlone(ask)).percentileMs(50), perSecond };
  } finally {
    connections.close();
  }
}

/** A user's password, and what is stored of it. */
async function passwordOf({ instance, user }: Rig) {
  const text = 'select email, "passwordHash" as digest from identity."user" where id = $1';
  const [row] = await instance.sql<{ email: string; digest: string }>(text, [user.id]);
  if (!row) throw new Error('the user is not there');
  return { ...row, password: user.password };
}

function ratios(side: string, beside: string): Limit[] {
  return [ratio('p50', side, beside, 'p50Ms', 'lower'), ratio('a second', side, beside, 'perSecond', 'higher')];
}

function ratio(name: string, side: string, beside: string, of: string, better: Limit['better']): Limit {
  return { name, unit: '×', better, of: (round) => figure(round, side, of) / figure(round, beside, of) };
}
