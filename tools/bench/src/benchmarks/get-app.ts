// B1: one deployment, asked for by its owner's session and by an API key; beside it bare Fastify with one prepared statement, and a question over
// NATS, of which Slipway's gateway asks one for each request.
import { type Benchmark, figure, type Limit } from '../benchmark.js';
import { type Answer, requestBytes } from '../measure/http-connections.js';
import { measureRoute } from '../measure/http-load.js';
import { startFloorBroker } from '../parts/floor-broker.js';

/** Both kinds of row that an answer is made of, by the key. */
const STATEMENT = `select app.*, revision.containers from deployments.app
  join deployments.revision on revision.app_id = app.id and revision.number = app.revision where app.id = $1`;

export const getOneApp: Benchmark = {
  id: 'B1',
  title: 'GET of one deployment',
  prepare: async (stage) => {
    const instance = await stage.instance();
    const [user] = await instance.users(1);
    if (!user) throw new Error('no user was registered');
    const id = await made(
      await user.client.send('POST', '/v1/deployments', { app_name: 'one', image: 'nginx:1', port: 80 }),
    );
    const key = await user.client.send('POST', '/v1/api-keys', { name: 'bench' });
    if (key.status !== 201) throw new Error(`an API key: ${key.status} ${JSON.stringify(key.body)}`);
    const floor = stage.child(new URL('../floors/bare-api.js', import.meta.url), 'floor');
    const natsUrl = await startFloorBroker(stage);
    const barePort = await floor.ask<number>('start', {
      databaseUrl: instance.databaseUrl,
      natsUrl,
      statement: STATEMENT,
      value: id,
    });
    const slipway = (token: string) => ({
      port: Number(new URL(instance.url).port),
      request: always(requestBytes('GET', `/v1/deployments/${id}`, { authorization: `Bearer ${token}` })),
      check: isAnswerWith(id),
    });
    const bare = { port: barePort, request: always(requestBytes('GET', `/one/${id}`)), check: isAnswerWith(id) };
    return [
      {
        name: 'one deployment',
        sides: [
          { name: 'session', measure: () => measureRoute(slipway(user.token)) },
          { name: 'API key', measure: () => measureRoute(slipway(String(key.body.api_key))) },
          { name: 'bare', measure: () => measureRoute(bare) },
          {
            name: 'question',
            measure: async () => ({
              p50Ms: await floor.ask<number>('roundTrip', { body: JSON.stringify({ app: { id } }) }),
            }),
          },
        ],
        limits: LIMITS,
      },
    ];
  },
};

const always = (request: Buffer) => () => request;

async function made({ status, body }: { status: number; body: Record<string, unknown> }): Promise<string> {
  if (status !== 201) throw new Error(`a deployment: ${status} ${JSON.stringify(body)}`);
  return String(body.id);
}

function isAnswerWith(id: string) {
  return ({ status, body }: Answer): void => {
    if (status !== 200 || !body.includes(id)) throw new Error(`${status} ${body.toString()}`);
  };
}

const LIMITS: readonly Limit[] = [
  {
    name: 'p50 beyond bare and a question',
    unit: 'ms',
    better: 'lower',
    gate: 0.5,
    goal: 0.3,
    of: (round) =>
      figure(round, 'session', 'p50Ms') - figure(round, 'bare', 'p50Ms') - figure(round, 'question', 'p50Ms'),
  },
  {
    name: 'requests a second against bare',
    unit: '×',
    better: 'higher',
    gate: 0.4,
    goal: 0.55,
    of: (round) => figure(round, 'session', 'perSecond') / figure(round, 'bare', 'perSecond'),
  },
  {
    name: 'p99 at half load',
    unit: 'ms',
    better: 'lower',
    gate: 15,
    goal: 8,
    of: (round) => figure(round, 'session', 'halfP99Ms'),
  },
  {
    name: 'p50, API key beyond session',
    unit: 'ms',
    better: 'lower',
    goal: 0.05,
    of: (round) => figure(round, 'API key', 'p50Ms') - figure(round, 'session', 'p50Ms'),
  },
];
