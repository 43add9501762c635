// Whatever is sent to a route that changes something: the answer is never a 500, and what is refused leaves nothing behind. The routes and
// the fields of their bodies are those of the OpenAPI document of the running application.
import { randomUUID } from 'node:crypto';

import { waitFor } from '@slipway/testing';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startInstance, type Instance } from './fixture/instance.js';
import { tell } from './fixture/tell.js';
import { patienceMs, testImage } from './fixture/test-cluster.js';

interface Schema {
  readonly properties?: Readonly<Record<string, unknown>>;
}

interface Operation {
  readonly requestBody?: { readonly content: Readonly<Record<string, { schema: Schema }>> };
}

interface Route {
  readonly method: string;
  readonly path: string;
  readonly fields: readonly string[];
}

/** Porter reads its bodies itself, so the document does not tell their fields. */
const PORTER_FIELDS = ['email', 'password', 'rawKubeConfig', 'allowedContexts'];
/** They would end the session that asks, or do nothing at all. */
const LEFT_OUT = ['/v1/auth/logout', '/api/logout', '/upgrade'];

const BODIES_PER_ROUTE = 60;
/** The same bodies each time; FAST_CHECK_SEED makes others. */
const SEED = Number(process.env.FAST_CHECK_SEED ?? 1);
const CHANGING = ['post', 'put', 'patch'];

let instance: Instance;
let routes: Route[];
let ids: Readonly<Record<string, string>>;
let session: Readonly<Record<string, string>>;

function isPorters(path: string): boolean {
  return path.startsWith('/api/');
}

beforeAll(async () => {
  instance = await startInstance();
  const { client } = instance;
  const made = async (path: string, body: object) => String((await client.send('POST', path, body)).body.id);
  const deploymentId = await made('/v1/deployments', { app_name: 'kept', image: testImage('web'), port: 8080 });
  const webhookId = await made('/v1/webhooks', { name: 'kept', url: 'https://example.com/hook', events: [] });
  const account = JSON.stringify({ email: 'fuzz@example.org', password: 'correct horse' });
  const { headers } = await fetch(new URL('/api/users', instance.url), { method: 'POST', body: account });
  session = { cookie: headers.getSetCookie()[0]?.split(';', 1)[0] ?? '' };
  const number = headers.get('location')?.slice('/api/users/'.length) ?? '';
  ids = { deploymentId, webhookId, keyId: randomUUID(), id: number };
  const { body } = await client.send('GET', '/docs/openapi.json');
  routes = Object.entries(body.paths as Record<string, Record<string, Operation>>).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => CHANGING.includes(method))
      .map(([method, { requestBody }]) => ({
        method: method.toUpperCase(),
        path: path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? randomUUID()),
        fields: isPorters(path)
          ? PORTER_FIELDS
          : Object.keys(requestBody?.content['application/json']?.schema.properties ?? {}),
      }))
      .filter(({ path: to }) => !LEFT_OUT.some((one) => to.endsWith(one))),
  );
  await waitFor(async () => (await client.send('GET', `/v1/deployments/${deploymentId}`)).body.status === 'running', {
    timeoutMs: patienceMs,
  });
}, 120_000);
afterAll(() => instance.close());

/** Texts of values of all JSON types, and of those that have broken others: lone surrogates, NUL, numbers out of range, deep nests. */
const value = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .oneof(
        { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.constantFrom(
          '',
          '\0',
          '\ud800',
          ' ',
          '..',
          '%',
          'a'.repeat(70_000),
          '1e400',
          '-1',
          'null',
          '2026-02-30T25:00Z',
        ),
        fc.constantFrom(-1, 0, 1.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, true, null),
      )
      .map((one) => JSON.stringify(one)),
  },
  fc.integer({ min: 1, max: 5_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
);

/** Objects with some of the route's own fields, others, and the names of prototypes; now and then no object, or no JSON. */
function bodyOf({ fields }: Route): fc.Arbitrary<string> {
  const name = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...(fields.length > 0 ? fields : ['none'])) },
    fc.constantFrom('__proto__', 'constructor', 'toString', 'id', 'user_id', 'deployment_id'),
    fc.string({ maxLength: 20 }),
  );
  const object = fc
    .array(fc.tuple(name, value), { maxLength: 8 })
    .map((entries) => `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${one}`).join(',')}}`);
  return fc.oneof(
    { weight: 12, arbitrary: object },
    value,
    fc.string({ maxLength: 60 }),
    object.map((text) => text.slice(0, -1)),
  );
}

/** What changes by itself: what is observed of the cluster, the use of the key that asks, and a count that is not waited for. */
const OBSERVED = [
  'status',
  'updated_at',
  'deployed_at',
  'url',
  'ready_replicas',
  'reason',
  'error_message',
  'last_used',
];

const ERROR = {
  error: {
    code: expect.any(String) as string,
    message: expect.any(String) as string,
    details: expect.any(String) as string,
  },
};
const PORTER_ERROR = { code: expect.any(Number) as number, errors: expect.any(Array) as string[] };

async function everything(): Promise<string> {
  const paths = [
    '/v1/user/profile',
    '/v1/api-keys?limit=100',
    '/v1/deployments?limit=100',
    `/v1/deployments/${ids.deploymentId}`,
    `/v1/deployments/${ids.deploymentId}/revisions`,
    '/v1/webhooks',
  ];
  const answers = await Promise.all(paths.map((path) => instance.client.send('GET', path)));
  const asked = (name: string, one: unknown): unknown => (OBSERVED.includes(name) ? undefined : one);
  const porters = await fetch(new URL(`/api/users/${ids.id}`, instance.url), { headers: session });
  return JSON.stringify(
    [...answers.map(({ body, headers }) => [headers.get('etag'), body]), await porters.json()],
    asked,
  );
}

describe('fuzzed bodies', () => {
  it('never give a 500, and leave nothing behind when they are refused', async () => {
    expect(routes.length).toBeGreaterThan(12);
    let sent = 0;
    let accepted = 0;
    for (const route of routes) {
      let before = await everything();
      const bodies = fc.sample(bodyOf(route), { numRuns: BODIES_PER_ROUTE, seed: SEED });
      for (const body of bodies) {
        const answer = await fetch(new URL(route.path, instance.url), {
          method: route.method,
          headers: {
            ...(isPorters(route.path) ? session : instance.client.headers),
            'content-type': 'application/json',
          },
          body,
        });
        const text = await answer.text();
        sent += 1;
        const what = `${route.method} ${route.path} ${body.slice(0, 100)} … ${body.slice(-200)} → ${answer.status} ${text.slice(0, 300)}`;
        expect(answer.status, what).toBeLessThan(500);
        if (answer.status >= 400) {
          // Another's `user_id` is told as the original tells it.
          if (isPorters(route.path) && answer.status === 403) expect(text, what).toBe('Forbidden\n');
          else expect(JSON.parse(text), what).toEqual(isPorters(route.path) ? PORTER_ERROR : ERROR);
          continue;
        }
        accepted += 1;
        before = await everything();
      }
      expect(await everything(), `${route.method} ${route.path}`).toBe(before);
    }
    tell(`${sent} bodies on ${routes.length} routes, ${accepted} accepted, the others refused without a trace`);
  }, 300_000);
});
