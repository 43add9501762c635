// B8: events of one user to ten webhooks, of which one is dead and one takes ten seconds. The eight healthy ones are judged: against the same
// run without the two, and against a plain loop that posts to eight endpoints.
import type { HttpClient } from '@slipway/e2e';
import { waitFor } from '@slipway/testing';
import { freePort } from '@slipway/testing/backends';

import { type Benchmark, figure, type Limit, type Reading } from '../benchmark.js';
import { now } from '../measure/clock.js';
import type { ExpectedMessages } from '../measure/expected.js';
import { openLoop } from '../measure/open-loop.js';
import type { Child } from '../parts/child.js';
import { FactSource } from '../parts/fact-source.js';
import type { Instance } from '../parts/instance.js';

const HEALTHY = 8;
/** At a fixed rate, for latencies; the first few warm up. A p99 of fewer would be the luck of two or three deliveries. */
const PER_SECOND = 12;
const EVENTS = 136;
const WARM_UP = 16;
/** Due at once, for the rate. Five rounds are a thousand events. */
const BURST = 200;
const PATIENCE_MS = 60_000;
const SECRET = 'the secret of a bench';

export const webhookDelivery: Benchmark = {
  id: 'B8',
  title: 'events to ten webhooks, one dead and one slow',
  prepare: async (stage) => {
    const receiver = stage.child(new URL('../world/webhook-receiver.js', import.meta.url), 'world');
    const port = await receiver.ask<number>('start', { secret: SECRET });
    const urls = Array.from({ length: HEALTHY }, (_, endpoint) => `http://127.0.0.1:${port}/${endpoint}`);
    const loop = stage.child(new URL('../floors/webhook-loop.js', import.meta.url), 'floor');
    await loop.ask('start', { urls, secret: SECRET });
    const instance = await stage.instance();
    const facts = await FactSource.open(instance.brokerUrl('deployments'));
    stage.defer(() => facts.close());
    const [user] = await instance.users(1);
    if (!user) throw new Error('no user was registered');
    const healthy = await Promise.all(urls.map((url, endpoint) => webhook(user.client, `healthy-${endpoint}`, url)));
    const send: Send = (index, planned) => facts.restarted(user.id, index, planned);
    const recorded = recordsOf(instance, healthy);

    return [
      {
        name: `${HEALTHY + 2} webhooks`,
        sides: [
          { name: 'slipway', measure: () => recorded(() => measure(receiver, send)) },
          {
            name: 'dead and slow too',
            measure: async () => {
              const troubled = await Promise.all([
                webhook(user.client, 'dead', `http://127.0.0.1:${await freePort()}/`),
                webhook(user.client, 'slow', `http://127.0.0.1:${port}/slow`),
              ]);
              try {
                return await recorded(() => measure(receiver, send));
              } finally {
                for (const id of troubled) await user.client.send('DELETE', `/v1/webhooks/${id}`);
                await receiver.ask('release');
              }
            },
          },
          {
            name: 'loop',
            measure: () => measure(receiver, (index, planned) => loop.ask('send', { index, planned })),
          },
        ],
        limits: LIMITS,
      },
    ];
  },
};

/** Lets one event begin. */
type Send = (index: number, planned: number) => Promise<unknown>;

async function measure(receiver: Child, send: Send): Promise<Reading> {
  const sent: Promise<unknown>[] = [];
  const dispatch = (index: number, planned: number): void => {
    const one = send(index, planned);
    // Awaited at the end; it may fail before.
    one.catch(() => undefined);
    sent.push(one);
  };
  const expect = (messages: number, warmUp: number): Promise<void> =>
    receiver.ask('expect', { readers: HEALTHY, messages, warmUp, anyOrder: true } satisfies ExpectedMessages);
  const complete = (): Promise<{ reading: Reading; lastAt: number }> =>
    receiver.ask('complete', { withinMs: PATIENCE_MS });

  await expect(EVENTS, WARM_UP);
  await openLoop({ perSecond: PER_SECOND, count: EVENTS, send: dispatch });
  const { reading } = await complete();

  await expect(BURST, 0);
  const began = now();
  for (let index = 0; index < BURST; index += 1) dispatch(index, began);
  const { lastAt } = await complete();
  await Promise.all(sent);
  return { ...reading, deliveriesPerSecond: (1000 * BURST * HEALTHY) / (lastAt - began) };
}

async function webhook(client: HttpClient, name: string, url: string): Promise<string> {
  const events = ['deployment_restarted'];
  const { status, body } = await client.send('POST', '/v1/webhooks', { name, url, secret: SECRET, events });
  if (status !== 201) throw new Error(`webhook ${name}: ${status} ${JSON.stringify(body)}`);
  return String(body.id);
}

/** Holds a round against what Slipway has written down: each delivery to these webhooks with one attempt, which arrived. */
function recordsOf(instance: Instance, ids: readonly string[]) {
  const count = async (): Promise<number> => {
    const [row] = await instance.sql<{ count: number }>(
      `select count(*)::int as count from notifications.delivery
        where "endpointId" = any($1::uuid[]) and status = 'delivered' and attempts = 1
          and jsonb_array_length("attemptLog") = 1 and "lastStatusCode" = 204`,
      [ids],
    );
    return row?.count ?? 0;
  };
  return async (work: () => Promise<Reading>): Promise<Reading> => {
    const wanted = (await count()) + (EVENTS + BURST) * HEALTHY;
    const reading = await work();
    await waitFor(
      async () => {
        const found = await count();
        if (found !== wanted) throw new Error(`${found} attempts are recorded, and ${wanted} were made`);
        return true;
      },
      { timeoutMs: 10_000 },
    );
    return reading;
  };
}

const LIMITS: readonly Limit[] = [
  {
    name: 'healthy p99, with dead and slow',
    unit: '×',
    better: 'lower',
    gate: 1.1,
    of: (round) => figure(round, 'dead and slow too', 'p99Ms') / figure(round, 'slipway', 'p99Ms'),
  },
  {
    name: 'deliveries a second against loop',
    unit: '×',
    better: 'higher',
    gate: 0.4,
    goal: 0.6,
    of: (round) =>
      figure(round, 'dead and slow too', 'deliveriesPerSecond') / figure(round, 'loop', 'deliveriesPerSecond'),
  },
  {
    name: 'event → first attempt, p99',
    unit: 'ms',
    better: 'lower',
    goal: 100,
    of: (round) => figure(round, 'dead and slow too', 'p99Ms'),
  },
];
