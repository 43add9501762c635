// B2: one user's 100,000 deployments, fifty at a time: the next page, page 2000, which is the last one, and page 1000, which is the farthest from
// both ends. Beside it the statements that they need, through the driver, and one deployment by its id, which costs everything that is not the
// list's own. The cluster is away, and the rows say so as Slipway's own do, so that nothing is brought to it meanwhile.
import { waitFor } from '@slipway/testing';

import { type Benchmark, figure, type Limit, type Round } from '../benchmark.js';
import type { Statement } from '../floors/bare-api.js';
import { type Answer, requestBytes } from '../measure/http-connections.js';
import { measureAlone, measureRoute } from '../measure/http-load.js';
import { startCluster } from '../parts/cluster.js';
import { startFloorBroker } from '../parts/floor-broker.js';
import type { Instance, User } from '../parts/instance.js';
import { multiplyApp } from '../parts/many-apps.js';

const APPS = 100_000;
const LIMIT = 50;
const FAR = APPS / LIMIT;
const PAGES = { next: 2, middle: FAR / 2, far: FAR };

const WANTED = `from deployments.app where owner_id = $1 and phase <> 'deleting'`;
const ROWS = `select * from deployments.app join deployments.environment on environment.id = app.environment_id
  join deployments.revision on revision.app_id = app.id and revision.number = app.revision`;

export const listManyApps: Benchmark = {
  id: 'B2',
  title: 'list of 100,000 deployments',
  prepare: async (stage) => {
    const { process: cluster, args } = await startCluster(stage);
    const instance = await stage.instance({ args });
    await cluster.stop();
    const [user] = await instance.users(1);
    if (!user) throw new Error('no user was registered');
    const id = await made(instance, user);
    stage.tell(`making ${APPS} deployments`);
    const ids = await multiplyApp({ instance, id, count: APPS });
    const floor = stage.child(new URL('../floors/bare-api.js', import.meta.url), 'floor');
    const natsUrl = await startFloorBroker(stage);
    await floor.ask('start', { databaseUrl: instance.databaseUrl, natsUrl, statement: 'select 1', value: '' });

    const route = (path: string, check: (answer: Answer) => void) => {
      const request = requestBytes('GET', `/v1/deployments${path}`, { authorization: `Bearer ${user.token}` });
      return { port: Number(new URL(instance.url).port), request: () => request, check };
    };
    const page = (number: number) =>
      route(`?page=${number}&limit=${LIMIT}`, isPage(ids.slice((number - 1) * LIMIT, number * LIMIT)));
    const statements = (...all: Statement[]) => floor.ask<number>('statements', { statements: all });
    return [
      {
        name: `${LIMIT} of ${APPS}`,
        sides: [
          ...Object.entries(PAGES).map(([name, number]) => ({ name, measure: () => measureRoute(page(number)) })),
          {
            name: 'one',
            measure: () =>
              measureAlone(
                route(`/${id}`, ({ status, body }) => {
                  if (status !== 200 || !body.includes(id)) throw new Error(`${status} ${body.toString()}`);
                }),
              ),
          },
          {
            name: 'statements',
            measure: async () => ({
              nextMs: await statements(countOf(user), rowsOf(user, PAGES.next)),
              middleMs: await statements(countOf(user), rowsOf(user, PAGES.middle)),
              farMs: await statements(countOf(user), rowsOf(user, PAGES.far)),
              oneMs: await statements({ text: `${ROWS} where app.id = $1`, values: [id] }),
              offsetMs: await statements(idsOf(user, PAGES.far)),
              countMs: await statements(countOf(user)),
            }),
          },
        ],
        limits: LIMITS,
      },
    ];
  },
};

/** One that tells that its cluster is away. */
async function made(instance: Instance, { client }: User): Promise<string> {
  const { status, body } = await client.send('POST', '/v1/deployments', {
    app_name: 'one',
    image: 'nginx:1',
    port: 80,
  });
  if (status !== 201) throw new Error(`a deployment: ${status} ${JSON.stringify(body)}`);
  const id = String(body.id);
  const told = () =>
    instance.sql(`select 1 from deployments.app where id = $1 and reason = 'ClusterUnreachable'`, [id]);
  await waitFor(async () => (await told()).length > 0, { timeoutMs: 30_000 });
  return id;
}

/** These, in this order, of all. Every further answer has to be the same. */
function isPage(ids: readonly string[]) {
  let right: Buffer | undefined;
  return ({ status, body }: Answer): void => {
    if (right?.equals(body)) return;
    if (status !== 200) throw new Error(`${status} ${body.toString()}`);
    const { deployments, pagination } = JSON.parse(body.toString()) as {
      deployments: { id: string }[];
      pagination: { total: number };
    };
    if (pagination.total !== APPS)
      throw new Error(`${pagination.total} deployments are counted, and there are ${APPS}`);
    if (deployments.map(({ id }) => id).join() !== ids.join())
      throw new Error('other deployments, or in another order');
    right = Buffer.from(body);
  };
}

// In order, which makes PostgreSQL read the index alone.
function countOf({ id }: User): Statement {
  return {
    text: `select count(*) from (select id ${WANTED} order by created_at desc, id desc offset 0) as ids`,
    values: [id],
  };
}

function idsOf({ id }: User, page: number, order = 'desc'): Statement {
  return {
    text: `select id ${WANTED} order by created_at ${order}, id ${order} offset $2 limit $3`,
    values: [id, (page - 1) * LIMIT, LIMIT],
  };
}

// From the nearer end.
function rowsOf(user: User, page: number): Statement {
  const { text, values } = 2 * page > FAR ? idsOf(user, FAR - page + 1, 'asc') : idsOf(user, page);
  return { text: `${ROWS} where app.id in (${text}) order by app.created_at desc, app.id desc`, values };
}

const overhead = (round: Round): number => figure(round, 'one', 'p50Ms') - figure(round, 'statements', 'oneMs');

const LIMITS: readonly Limit[] = [
  ...Object.entries(PAGES).map(([name, number]): Limit => ({
    name: `page ${number} beyond SQL and one`,
    unit: 'ms',
    better: 'lower',
    gate: 1.5,
    goal: 0.5,
    of: (round) => figure(round, name, 'p50Ms') - figure(round, 'statements', `${name}Ms`) - overhead(round),
  })),
  {
    // The total is no part of the jump: every page tells it.
    name: `page ${FAR} less count, to offset scan`,
    unit: '×',
    better: 'lower',
    gate: 1.5,
    of: (round) =>
      (figure(round, 'far', 'p50Ms') - figure(round, 'statements', 'countMs')) /
      figure(round, 'statements', 'offsetMs'),
  },
];
