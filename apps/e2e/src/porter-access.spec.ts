// Every route of the Porter dialect × who asks × whose account it is: its credential is a cookie, and every account is somebody's.
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startInstance, type Instance } from './fixture/instance.js';

const place = '?context=any&storage=memory';
/** What the owner gets; `open`: whoever asks, since no credential is looked at. */
const ENTRIES: Readonly<Record<string, { readonly own?: number; readonly open?: number; readonly body?: string }>> = {
  'POST /api/users': { open: 422, body: '{}' },
  'POST /api/login': { open: 401, body: '{}' },
  'GET /api/auth/check': {},
  'GET /api/users/{id}': {},
  'GET /api/users/{id}/contexts': {},
  'PUT /api/users/{id}': { own: 204, body: '{}' },
  'GET /api/charts': {},
  'GET /api/releases': {},
  'GET /api/charts/{name}/history': { own: 404 },
  'GET /api/releases/{name}/history': { own: 404 },
  'GET /api/charts/{name}/{revision}': { own: 404 },
  'GET /api/releases/{name}/{revision}': { own: 404 },
  'POST /api/charts/{name}/rollback': { own: 422, body: '{}' },
  'POST /api/releases/{name}/rollback': { own: 422, body: '{}' },
  'POST /api/charts/rollback/{name}/{revision}': { own: 422, body: '{}' },
  'POST /api/releases/rollback/{name}/{revision}': { own: 422, body: '{}' },
  'POST /api/charts/{name}/upgrade': { own: 501 },
  'POST /api/releases/{name}/upgrade': { own: 501 },
  'GET /api/k8s/namespaces': { own: 422 },
  'DELETE /api/users/{id}': { own: 400, body: '{"password":"wrong"}' },
  'POST /api/logout': {},
};

interface Tenant {
  readonly number: string;
  readonly cookie: string;
}

let instance: Instance;
let owner: Tenant;
let stranger: Tenant;
let shown: Readonly<Record<string, Record<string, string>>>;
let cells = 0;

beforeAll(async () => {
  instance = await startInstance();
  owner = await tenant('owner');
  stranger = await tenant('stranger');
  const ended = await login('owner');
  await send('POST /api/logout', ended);
  const { body } = await instance.client.send('POST', '/v1/auth/login', {
    email: 'owner@example.org',
    password: 'correct horse',
  });
  shown = {
    nobody: {},
    malformed: { cookie: 'porter=short' },
    unknown: { cookie: `porter=${'u'.repeat(43)}` },
    'logged out': ended,
    'a key': { cookie: `porter=${instance.client.headers.authorization?.replace('Bearer ', '') ?? ''}` },
    'a key in the header': instance.client.headers,
    'a refresh token': { cookie: `porter=${String(body.refresh_token)}` },
    'an access token in the header': { authorization: `Bearer ${String(body.access_token)}` },
  };
}, 120_000);
afterAll(() => instance.close());

async function send(
  row: string,
  headers: Record<string, string>,
  number = '0',
): Promise<{ status: number; text: string }> {
  cells += 1;
  const [method = '', path = ''] = row.split(' ');
  const url = `${instance.url}${path.replace('{id}', number).replace('{name}', 'web').replace('{revision}', '1')}`;
  const asked = /charts|releases/.test(path) ? `${url}${place}` : url;
  const body = ENTRIES[row]?.body;
  const answer = await request(asked, { method: method as 'GET', headers, ...(body && { body }) });
  return { status: answer.statusCode, text: await answer.body.text() };
}

async function opened(path: string, name: string): Promise<{ cookie: string; location: string }> {
  const { headers, body } = await request(`${instance.url}${path}`, {
    method: 'POST',
    body: JSON.stringify({ email: `${name}@example.org`, password: 'correct horse' }),
  });
  await body.dump();
  return { cookie: String(headers['set-cookie']).split(';', 1)[0] ?? '', location: String(headers.location) };
}

async function login(name: string): Promise<{ cookie: string }> {
  return { cookie: (await opened('/api/login', name)).cookie };
}

async function tenant(name: string): Promise<Tenant> {
  const { cookie, location } = await opened('/api/users', name);
  return { cookie, number: location.slice('/api/users/'.length) };
}

const guarded = Object.keys(ENTRIES).filter((row) => ENTRIES[row]?.open === undefined);

describe("Porter's access matrix", () => {
  it('has an entry for every route, and none for another', async () => {
    const { body } = await instance.client.send('GET', '/docs/openapi.json');
    const rows = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
      path.startsWith('/api/') ? Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`) : [],
    );
    expect(Object.keys(ENTRIES).sort()).toEqual(rows.sort());
  });

  it('forbids whoever shows no session that holds, before anything else is looked at', async () => {
    for (const row of guarded)
      for (const [who, headers] of Object.entries(shown))
        for (const number of [owner.number, 'no-number'])
          expect(await send(row, headers, number), `${row} by ${who}`).toEqual({ status: 403, text: 'Forbidden\n' });
  }, 60_000);

  it('lets everybody in where no credential is needed', async () => {
    for (const [row, { open }] of Object.entries(ENTRIES))
      if (open !== undefined)
        for (const headers of Object.values(shown)) expect((await send(row, headers)).status, row).toBe(open);
  }, 60_000);

  it("forbids a stranger another's account, and one that nobody has alike", async () => {
    for (const row of guarded.filter((one) => one.includes('{id}')))
      for (const number of [owner.number, '999999'])
        expect(await send(row, { cookie: stranger.cookie }, number), row).toEqual({ status: 403, text: 'Forbidden\n' });
  });

  it('lets the owner do everything, and no cookie into another dialect', async () => {
    const { cookie } = owner;
    const answer = await request(`${instance.url}/v1/user/profile`, { headers: { cookie } });
    expect([answer.statusCode, await answer.body.text()]).toEqual([
      401,
      expect.stringContaining('AUTHENTICATION_ERROR'),
    ]);
    for (const row of guarded)
      expect((await send(row, { cookie }, owner.number)).status, row).toBe(ENTRIES[row]?.own ?? 200);
    expect(cells).toBeGreaterThan(250);
  });
});
