// Every route of Container Engine × who asks × whose thing it is. The rows are those of the OpenAPI document, which a test of the gateway
// holds equal to what is routed; a route without an entry here fails. Porter's, whose credential is a cookie, are in porter-access.spec.ts.
import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

import { waitFor } from '@slipway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { HttpClient } from './http-client.js';
import { startInstance, type Instance } from './fixture/instance.js';
import { patienceMs, testImage } from './fixture/test-cluster.js';
import { tell } from './fixture/tell.js';

/** What the path of a route names; `none`: nothing that has an owner. */
type Thing = 'none' | 'deployment' | 'key' | 'webhook';

interface Entry {
  readonly thing: Thing;
  readonly body?: object;
  /** Whatever the credential, which is not looked at. */
  readonly open?: number;
  /** What its owner gets. Default: 200. */
  readonly own?: number;
}

const deployment = { app_name: 'matrix', image: testImage('web'), port: 8080 };
const webhook = { name: 'matrix', url: 'https://example.com/hook', events: ['all'] };
const account = {
  username: 'kim',
  email: 'kim@example.org',
  password: 'correct horse',
  confirm_password: 'correct horse',
};

/** In the order in which the owner asks at last: what ends a thing comes after what needs it. */
const ENTRIES: Readonly<Record<string, Entry>> = {
  'GET /health': { thing: 'none', open: 200 },
  'GET /v1/ws/health': { thing: 'none', open: 200 },
  'POST /v1/auth/register': { thing: 'none', open: 400, body: { ...account, confirm_password: 'other' } },
  'POST /v1/auth/login': { thing: 'none', open: 404, body: { email: 'nobody@example.org', password: 'wrong horse' } },
  'POST /v1/auth/refresh': { thing: 'none', open: 401, body: { refresh_token: 'unknown' } },
  'POST /v1/auth/forgot-password': { thing: 'none', open: 200, body: { email: 'nobody@example.org' } },
  'POST /v1/auth/reset-password': {
    thing: 'none',
    open: 400,
    body: { token: 'unknown', new_password: 'a better horse' },
  },
  'GET /v1/user/profile': { thing: 'none' },
  'PUT /v1/user/profile': { thing: 'none', body: { username: 'renamed' } },
  'PUT /v1/user/password': {
    thing: 'none',
    own: 400,
    body: { current_password: 'x', new_password: 'a better horse', confirm_new_password: 'another horse' },
  },
  'POST /v1/api-keys': { thing: 'none', own: 201, body: { name: 'matrix' } },
  'GET /v1/api-keys': { thing: 'none' },
  'POST /v1/deployments': { thing: 'none', own: 201, body: deployment },
  'GET /v1/deployments': { thing: 'none' },
  'GET /v1/deployments/{deploymentId}': { thing: 'deployment' },
  'GET /v1/deployments/{deploymentId}/pods/{pod}/logs': { thing: 'deployment' },
  'GET /v1/deployments/{deploymentId}/pods/{pod}/logs/stream': { thing: 'deployment', own: 101 },
  'GET /v1/deployments/{deploymentId}/pods/{pod}/logs/ws': { thing: 'deployment', own: 101 },
  'PUT /v1/deployments/{deploymentId}': { thing: 'deployment', body: { image: testImage('web', '2') } },
  'PATCH /v1/deployments/{deploymentId}/scale': { thing: 'deployment', body: { replicas: 2 } },
  'POST /v1/deployments/{deploymentId}/restart': { thing: 'deployment' },
  'GET /v1/deployments/{deploymentId}/env': { thing: 'deployment' },
  'PATCH /v1/deployments/{deploymentId}/env': { thing: 'deployment', body: { env_vars: { A: '1' } } },
  'GET /v1/deployments/{deploymentId}/revisions': { thing: 'deployment' },
  'GET /v1/deployments/{deploymentId}/revisions/{revision}': { thing: 'deployment' },
  'POST /v1/deployments/{deploymentId}/rollback': { thing: 'deployment', body: { revision: 1 } },
  'GET /v1/deployments/{deploymentId}/status': { thing: 'deployment' },
  'GET /v1/deployments/{deploymentId}/node-ip': { thing: 'deployment' },
  'GET /v1/deployments/{deploymentId}/pods': { thing: 'deployment' },
  'GET /v1/deployments/{deploymentId}/metrics': { thing: 'deployment' },
  'GET /v1/deployments/{deploymentId}/logs': { thing: 'deployment' },
  'GET /v1/deployments/{deploymentId}/logs/stream': { thing: 'deployment', own: 101 },
  'POST /v1/deployments/{deploymentId}/domains': {
    thing: 'deployment',
    own: 201,
    body: { domain: 'more.example.net' },
  },
  'GET /v1/deployments/{deploymentId}/domains': { thing: 'deployment' },
  'GET /v1/deployments/{deploymentId}/domains/{domainId}': { thing: 'deployment' },
  'POST /v1/deployments/{deploymentId}/domains/{domainId}/verify': { thing: 'deployment' },
  'DELETE /v1/deployments/{deploymentId}/domains/{domainId}': { thing: 'deployment' },
  'GET /v1/events': { thing: 'none' },
  'GET /v1/ws/notifications': { thing: 'none', own: 101 },
  'POST /v1/deployments/{deploymentId}/stop': { thing: 'deployment' },
  'POST /v1/deployments/{deploymentId}/start': { thing: 'deployment' },
  'DELETE /v1/deployments/{deploymentId}': { thing: 'deployment' },
  'POST /v1/webhooks': { thing: 'none', own: 201, body: webhook },
  'GET /v1/webhooks': { thing: 'none' },
  'GET /v1/webhooks/{webhookId}': { thing: 'webhook' },
  'PUT /v1/webhooks/{webhookId}': { thing: 'webhook', body: { name: 'renamed' } },
  'GET /v1/webhooks/{webhookId}/deliveries': { thing: 'webhook' },
  'GET /v1/webhooks/{webhookId}/deliveries/{deliveryId}': { thing: 'webhook' },
  'POST /v1/webhooks/{webhookId}/deliveries/{deliveryId}/replay': { thing: 'webhook', own: 202 },
  'POST /v1/webhooks/{webhookId}/test': { thing: 'webhook' },
  'POST /v1/webhooks/{webhookId}/rotate-secret': { thing: 'webhook' },
  'GET /v1/notifications/test': { thing: 'none' },
  'GET /v1/notifications/stats': { thing: 'none' },
  'DELETE /v1/webhooks/{webhookId}': { thing: 'webhook' },
  'DELETE /v1/api-keys/{keyId}': { thing: 'key' },
  'POST /v1/auth/logout': { thing: 'none' },
};

const WHO = ['nobody', 'malformed', 'unknown', 'expired', 'revoked', 'logged out', 'of another kind'] as const;
type Who = (typeof WHO)[number] | 'read-only' | 'stranger' | 'owner';

interface Asked {
  readonly status: number;
  /** Without what differs from answer to answer. */
  readonly text: string;
}

interface Tenant {
  readonly client: HttpClient;
  readonly refreshToken: string;
  readonly things: Readonly<Record<Exclude<Thing, 'none'>, string>>;
  readonly pod: string;
  readonly delivery: string;
  readonly domain: string;
}

let instance: Instance;
let owner: Tenant;
let stranger: Tenant;
let credentials: Readonly<Record<Who, string | undefined>>;
let rows: { row: string; websocket: boolean }[];
let cells = 0;

beforeAll(async () => {
  instance = await startInstance();
  owner = await tenant('owner');
  stranger = await tenant('stranger');
  const key = async (more: object): Promise<{ id: string; key: string }> =>
    (await owner.client.send('POST', '/v1/api-keys', { name: 'matrix', ...more })).body as never;
  const revoked = await key({});
  await owner.client.send('DELETE', `/v1/api-keys/${revoked.id}`);
  const ended = await login('owner');
  await instance.client.with(ended.access_token).send('POST', '/v1/auth/logout');
  const expiresAt = Date.now() + 1_500;
  const expired = await key({ expires_at: new Date(expiresAt).toISOString() });
  const readOnly = await key({ scope: 'read' });
  await pause(expiresAt - Date.now());
  credentials = {
    nobody: undefined,
    malformed: 'Token abc',
    unknown: 'Bearer ce_dev_4kT9wQz1XbR7mVc2LpY8sHd6NfJ3gAe53tq193',
    expired: `Bearer ${expired.key}`,
    revoked: `Bearer ${revoked.key}`,
    'logged out': `Bearer ${ended.access_token}`,
    'of another kind': `Bearer ${owner.refreshToken}`,
    'read-only': `Bearer ${readOnly.key}`,
    stranger: stranger.client.headers.authorization,
    owner: owner.client.headers.authorization,
  };
  const { body } = await instance.client.send('GET', '/docs/openapi.json');
  const paths = body.paths as Record<string, Record<string, { responses: object }>>;
  const own = Object.entries(paths).filter(([path]) => !path.startsWith('/api/'));
  rows = own.flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { responses }]) => ({
      row: `${method.toUpperCase()} ${path}`,
      websocket: '101' in responses && !('200' in responses),
    })),
  );
}, 180_000);
afterAll(() => instance.close());

describe('the access matrix', () => {
  it('has an entry for every route, and none for another', () => {
    expect(Object.keys(ENTRIES).sort()).toEqual(rows.map(({ row }) => row).sort());
  }, 120_000);

  it('refuses whoever shows no credential that holds, before anything else is looked at', async () => {
    const before = await allOf(owner);
    for (const { row } of guarded()) {
      for (const who of WHO) {
        for (const id of [undefined, randomUUID(), 'no-id']) {
          const asked = await ask(row, who, owner, id);
          expect(asked.status, `${row} by ${who}`).toBe(401);
          expect(asked.text, row).toMatch(/"code":"(AUTHENTICATION_ERROR|INVALID_TOKEN)"/);
        }
      }
    }
    expect(await allOf(owner)).toEqual(before);
  }, 120_000);

  it('lets everybody in where no credential is needed, whatever is shown', async () => {
    for (const [row, { open }] of Object.entries(ENTRIES)) {
      if (open === undefined) continue;
      for (const who of [...WHO, 'owner'] as const) {
        expect((await ask(row, who, owner)).status, `${row} by ${who}`).toBe(open);
      }
    }
  }, 120_000);

  it('lets a key that only reads change nothing', async () => {
    const before = await allOf(owner);
    for (const { row } of guarded().filter((one) => !one.row.startsWith('GET '))) {
      const asked = await ask(row, 'read-only', owner);
      expect([asked.status, asked.text], row).toEqual([403, expect.stringContaining('"API key is read-only"')]);
    }
    expect(await allOf(owner)).toEqual(before);
  }, 120_000);

  it("answers a stranger as if another's things were not there, and touches none of them", async () => {
    const before = [await allOf(owner), await allOf(stranger)];
    for (const { row } of guarded()) {
      const { thing } = entryOf(row);
      if (thing === 'none') continue;
      const foreign = await ask(row, 'stranger', owner);
      const absent = await ask(row, 'stranger', owner, randomUUID());
      expect(foreign.status, row).toBe(404);
      expect(foreign, row).toEqual(absent);
    }
    expect([await allOf(owner), await allOf(stranger)]).toEqual(before);
  }, 120_000);

  it("does not reach another's things through one's own", async () => {
    for (const { row } of guarded().filter((one) => /\{(pod|deliveryId|domainId)\}/.test(one.row))) {
      const path = pathOf(row, { ...owner, things: stranger.things });
      expect((await send(row, path, credentials.stranger)).status, row).toBe(404);
    }
  }, 120_000);

  it('lets the owner do everything', async () => {
    for (const [row, { own = 200, open }] of Object.entries(ENTRIES)) {
      if (open !== undefined) continue;
      const asked = await ask(row, 'owner', owner);
      expect([asked.status, asked.text], row).toEqual([own, expect.anything()]);
    }
    tell(`${rows.length} routes, ${cells} cells`);
  }, 120_000);
});

function entryOf(row: string): Entry {
  const entry = ENTRIES[row];
  if (!entry) throw new Error(`${row} has no entry: say what it names and what its owner gets`);
  return entry;
}

function guarded(): { row: string }[] {
  return rows.filter(({ row }) => entryOf(row).open === undefined);
}

async function login(name: string): Promise<{ access_token: string; refresh_token: string }> {
  const credentialsOf = { email: `${name}@example.org`, password: 'correct horse' };
  return (await instance.client.send('POST', '/v1/auth/login', credentialsOf)).body as never;
}

async function tenant(name: string): Promise<Tenant> {
  await instance.client.send('POST', '/v1/auth/register', {
    ...account,
    username: name,
    email: `${name}@example.org`,
  });
  const { access_token, refresh_token } = await login(name);
  const client = instance.client.with(access_token);
  const made = async (path: string, body: object): Promise<string> => {
    const answer = await client.send('POST', path, body);
    if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return String(answer.body.id);
  };
  const things = {
    webhook: await made('/v1/webhooks', { ...webhook, name }),
    deployment: await made('/v1/deployments', { ...deployment, app_name: name }),
    key: await made('/v1/api-keys', { name }),
  };
  const pod = await waitFor(
    async () => {
      const { body } = await client.send('GET', `/v1/deployments/${things.deployment}/pods`);
      const [first] = body.pods as { name: string; ready: boolean }[];
      return first?.ready === true && first.name;
    },
    { timeoutMs: patienceMs },
  );
  const delivery = await waitFor(async () => {
    const { body } = await client.send('GET', `/v1/webhooks/${things.webhook}/deliveries`);
    return (body.deliveries as { id: string }[])[0]?.id;
  });
  const domain = await made(`/v1/deployments/${things.deployment}/domains`, { domain: `${name}.example.net` });
  return { client, refreshToken: refresh_token, things, pod, delivery, domain };
}

/** All that a tenant sees of its own, but for what time changes by itself. */
async function allOf({ client, things }: Tenant): Promise<unknown> {
  const paths = [
    '/v1/user/profile',
    '/v1/api-keys?limit=100',
    '/v1/deployments',
    `/v1/deployments/${things.deployment}`,
    `/v1/deployments/${things.deployment}/revisions`,
    `/v1/deployments/${things.deployment}/domains`,
    '/v1/webhooks',
  ];
  const answers = await Promise.all(paths.map((path) => client.send('GET', path)));
  const text = JSON.stringify(answers.map(({ body }) => body));
  return text.replaceAll(/"(last_used|reason)":(null|"[^"]*")/g, '"$1":"…"');
}

function pathOf(row: string, { things, pod, delivery, domain }: Tenant, id?: string): string {
  return (row.split(' ')[1] ?? '')
    .replace('{deploymentId}', id ?? things.deployment)
    .replace('{webhookId}', id ?? things.webhook)
    .replace('{keyId}', id ?? things.key)
    .replace('{revision}', '1')
    .replace('{pod}', pod)
    .replace('{deliveryId}', delivery)
    .replace('{domainId}', domain);
}

/** `id`: in place of the thing's own. */
async function ask(row: string, who: Who, whose: Tenant, id?: string): Promise<Asked> {
  return send(row, pathOf(row, whose, id), credentials[who]);
}

function send(row: string, path: string, authorization: string | undefined): Promise<Asked> {
  cells += 1;
  const [method] = row.split(' ');
  const { body } = entryOf(row);
  const upgrade = rows.find((one) => one.row === row)?.websocket
    ? {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'),
      }
    : {};
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, instance.url), {
      method,
      headers: {
        ...upgrade,
        ...(authorization !== undefined && { Authorization: authorization }),
        ...(body && { 'Content-Type': 'application/json' }),
      },
    });
    sent.once('error', reject);
    sent.once('upgrade', (_, socket) => {
      socket.destroy();
      resolve({ status: 101, text: '' });
    });
    sent.once('response', (response) => {
      // A stream has no end.
      if (response.headers['content-type'] === 'text/event-stream') {
        resolve({ status: response.statusCode ?? 0, text: '' });
        sent.destroy();
        return;
      }
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.end(body && JSON.stringify(body));
  });
}
