// The golden exchanges of the Porter dialect, in their order, against the real services: bodies that are text byte for byte, JSON by value.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startInstance, type Instance } from './fixture/instance.js';

const ARN = 'arn:aws:eks:eu-west-1:1:cluster/dock';
const LEDGER = {
  name: 'ledger',
  info: {
    first_deployed: '2020-10-01T09:00:00Z',
    last_deployed: '2020-10-06T12:30:00Z',
    deleted: '',
    status: 'deployed',
  },
  chart: {
    metadata: { name: 'ledger', version: '1.2.0', apiVersion: 'v2' },
    ...{ lock: null, templates: null, values: null, schema: null, files: null },
  },
  version: 2,
  namespace: 'billing',
};
const RELEASES = [
  { ...LEDGER, info: { ...LEDGER.info, last_deployed: '2020-10-01T09:00:00Z', status: 'superseded' }, version: 1 },
  LEDGER,
  { ...LEDGER, name: 'mailer', namespace: 'default', version: 1, info: { ...LEDGER.info, status: 'failed' } },
];
const kubeconfig = ({ user, harbourUser }: { user?: object; harbourUser?: string } = {}): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'harbour',
    clusters: [
      { name: 'quay', cluster: { server: 'https://quay.example.com:6443' } },
      { name: 'dock', cluster: { server: 'https://dock.example.com' } },
    ],
    users: [{ name: 'ada', user: user ?? { token: 't0ken' } }],
    contexts: [
      { name: 'harbour', context: { cluster: 'quay', user: harbourUser ?? 'ada' } },
      { name: ARN, context: { cluster: 'dock', user: 'ada', namespace: 'billing' } },
    ],
  });

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

let instance: Instance;
let folder: string;
/** The newest one, which comes with every request unless said otherwise. */
let cookie = '';
/** Of the account: the instance's own first user came before. */
let number = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-porter-'));
  writeFileSync(join(folder, 'releases.json'), JSON.stringify(RELEASES));
  instance = await startInstance({ env: { MEMORY_RELEASES: join(folder, 'releases.json') } });
}, 120_000);
afterAll(async () => {
  await instance.close();
  rmSync(folder, { recursive: true });
});

async function send(
  request: string,
  { body, accept, session = cookie }: { body?: unknown; accept?: string; session?: string } = {},
): Promise<Answered> {
  const [method = '', path = ''] = request.split(' ');
  const { request: ask } = await import('undici');
  const answer = await ask(new URL(path, instance.url), {
    method: method as 'GET',
    headers: { ...(session && { cookie: `porter=${session}` }), ...(accept && { accept }) },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers))
    for (const one of [value ?? []].flat()) headers.append(name, one);
  return { status: answer.statusCode, headers, text: await answer.body.text() };
}

const json = ({ status, headers, text }: Answered): [number, unknown] => {
  expect(headers.get('content-type')).toBe('application/json;charset=utf8');
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  return [status, JSON.parse(text)];
};
const plain = ({ status, headers, text }: Answered): [number, string] => {
  expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
  return [status, text];
};
const empty = ({ status, headers, text }: Answered): [number, string | null] => {
  expect(text).toBe('');
  return [status, headers.get('content-type')];
};
const JSON_TYPE = 'application/json;charset=utf8';
const E0 = { code: 600, errors: ['could not process request'] };
const FORBIDDEN = [403, 'Forbidden\n'];

function take({ headers }: Answered): string {
  const [sent = '', ...more] = headers.getSetCookie();
  expect(more).toEqual([]);
  expect(sent).toMatch(/^porter=[\w-]{43}; Path=\/; Expires=[^;]+ GMT; Max-Age=2592000; HttpOnly; SameSite=Lax$/);
  return (cookie = /^porter=([^;]+)/.exec(sent)?.[1] ?? '');
}

describe('the Porter dialect', () => {
  const ada = { email: 'ada@example.com', password: 'tide-table' };

  it('1, 2: registers, once', async () => {
    const registered = await send('POST /api/users', { body: ada, accept: '*/*' });
    expect(empty(registered)).toEqual([201, JSON_TYPE]);
    number = Number(/^\/api\/users\/(\d+)$/.exec(registered.headers.get('location') ?? '')?.[1]);
    expect(registered.headers.get('vary')).toBe('Accept');
    take(registered);
    expect(json(await send('POST /api/users', { body: { email: 'ada' } }))).toEqual([
      422,
      { code: 601, errors: ['email validation failed', 'required validation failed'] },
    ]);
    const again = { EMAIL: ada.email.toUpperCase(), password: 'x' };
    expect(json(await send('POST /api/users', { body: again }))).toEqual([
      422,
      { code: 601, errors: ['email already taken'] },
    ]);
  });

  it('3: logs in, which ends the session that came along', async () => {
    const first = cookie;
    const user = { id: number, email: ada.email, contexts: [], rawKubeConfig: '' };
    const loggedIn = await send('POST /api/login', { body: ada, accept: 'application/json' });
    expect(json(loggedIn)).toEqual([200, user]);
    take(loggedIn);
    expect(json(await send('GET /api/auth/check'))).toEqual([200, user]);
    expect(plain(await send('GET /api/auth/check', { session: first }))).toEqual(FORBIDDEN);
    expect(json(await send('POST /api/login', { body: { ...ada, password: 'x' } }))).toEqual([
      401,
      { code: 401, errors: ['incorrect password'] },
    ]);
    for (const email of ['nobody@example.com', 'no address', '', undefined])
      expect(json(await send('POST /api/login', { body: { email, password: 'x' } }))).toEqual([
        401,
        { code: 401, errors: ['email not registered'] },
      ]);
  });

  it('4: knows its owner alone', async () => {
    expect(json(await send('GET /api/users/1x'))).toEqual([400, E0]);
    expect(plain(await send('GET /api/users/1x', { session: '' }))).toEqual(FORBIDDEN);
    expect(plain(await send(`GET /api/users/${number + 1}`))).toEqual(FORBIDDEN);
  });

  it('5, 6: saves a kubeconfig and lists its contexts', async () => {
    expect(json(await send(`GET /api/users/${number}/contexts`))).toEqual([200, []]);
    const body = { rawKubeConfig: kubeconfig(), allowedContexts: ['ghost', ARN] };
    expect(empty(await send(`PUT /api/users/${number}`, { body }))).toEqual([204, JSON_TYPE]);
    expect(json(await send(`GET /api/users/${number}/contexts`))).toEqual([
      200,
      [
        { name: 'harbour', server: 'https://quay.example.com:6443', cluster: 'quay', user: 'ada', selected: false },
        { name: ARN, server: 'https://dock.example.com', cluster: 'dock', user: 'ada', selected: true },
      ],
    ]);
    expect(json(await send(`GET /api/users/${number}`))).toEqual([
      200,
      { id: number, email: ada.email, contexts: [ARN], rawKubeConfig: kubeconfig() },
    ]);
  });

  it('7: refuses what would run a program when it is used, and a broken file at once', async () => {
    const exec = { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'id' } };
    const put = (rawKubeConfig: string) => send(`PUT /api/users/${number}`, { body: { rawKubeConfig } });
    expect((await put(kubeconfig({ user: exec }))).status).toBe(204);
    const used = json(await send(`GET /api/charts?storage=secret&context=${encodeURIComponent(ARN)}`));
    expect(used).toEqual([
      422,
      { code: 601, errors: ['context validation failed', expect.stringContaining('exec') as string] },
    ]);
    expect((await put(kubeconfig())).status).toBe(204);
    expect(json(await put(kubeconfig({ harbourUser: 'eve' })))).toEqual([
      400,
      { code: 600, errors: [E0.errors[0], expect.stringMatching(/harbour.*eve/) as string] },
    ]);
    expect(json(await send(`GET /api/users/${number}`))[1]).toMatchObject({ rawKubeConfig: kubeconfig() });
  });

  it('8, 9: lists releases, asked in three forms', async () => {
    const helm = { namespace: '', context: 'any', storage: 'memory' };
    const filter = { statusFilter: ['deployed'] };
    const body = { user_id: number, helm, filter };
    const encoded = (value: unknown): string => encodeURIComponent(JSON.stringify(value));
    for (const answer of [
      await send('GET /api/charts', { body }),
      await send('GET /api/charts?context=any&storage=memory&statusFilter=deployed'),
      await send(`GET /api/charts?user_id=${number}&helm=${encoded(helm)}&filter=${encoded(filter)}`),
    ])
      expect(json(answer)).toEqual([200, [LEDGER]]);
    expect(json(await send('GET /api/charts?limit=x'))).toEqual([
      422,
      { code: 601, errors: ['required validation failed', 'oneof validation failed'] },
    ]);
    expect(plain(await send('GET /api/charts', { body: { ...body, user_id: number + 1 } }))).toEqual(FORBIDDEN);
    expect(json(await send('GET /api/charts', { body: `{"user_id":${number},` }))).toEqual([400, E0]);
  });

  it('10: reads one release', async () => {
    const query = '?context=any&storage=memory';
    expect(json(await send(`GET /api/releases/ledger/0${query}`))).toEqual([200, LEDGER]);
    expect(json(await send(`GET /api/charts/mailer/0${query}`))).toMatchObject([200, { info: { status: 'failed' } }]);
    expect(json(await send(`GET /api/charts/ledger/7${query}`))).toEqual([
      404,
      { code: 602, errors: ['release not found'] },
    ]);
    expect(json(await send(`GET /api/charts/ledger/-1${query}`))).toEqual([400, E0]);
    expect(json(await send(`GET /api/charts/ledger/history${query}`))).toMatchObject([200, [{ version: 1 }, LEDGER]]);
  });

  it('11: uses only what is allowed, and says so when a cluster cannot be reached', async () => {
    const list = () => send('GET /api/charts?context=harbour&storage=secret&statusFilter=deployed');
    expect(json(await list())).toEqual([
      422,
      { code: 601, errors: ['context validation failed', expect.stringMatching(/"harbour" is not allowed/) as string] },
    ]);
    expect((await send(`PUT /api/users/${number}`, { body: { allowedContexts: ['harbour'] } })).status).toBe(204);
    expect(json(await list())).toEqual([
      500,
      {
        code: 500,
        errors: ['could not read from database', expect.stringMatching(/^cluster unreachable: /) as string],
      },
    ]);
  }, 30_000);

  it('12: deletes the account, whose session then proves its number and nothing else', async () => {
    const remove = (body: unknown) => send(`DELETE /api/users/${number}`, { body });
    expect(json(await remove({}))).toEqual([422, { code: 601, errors: ['required validation failed'] }]);
    expect(json(await remove({ password: 'low-water' }))).toEqual([400, { code: 601, errors: ['invalid password'] }]);
    expect(empty(await remove({ password: ada.password }))).toEqual([204, JSON_TYPE]);
    expect(json(await send(`GET /api/users/${number}`))).toEqual([
      404,
      { code: 602, errors: ['could not find requested object'] },
    ]);
    expect(plain(await send('GET /api/auth/check'))).toEqual(FORBIDDEN);
    const patched = await send(`PATCH /api/users/${number}`);
    expect(empty(patched)).toEqual([405, JSON_TYPE]);
    expect(patched.headers.get('allow')).toBe('DELETE, GET, PUT');
    expect(plain(await send('GET /api/users/'))).toEqual([404, '404 page not found\n']);
    const loggedOut = await send('POST /api/logout');
    expect(empty(loggedOut)).toEqual([200, JSON_TYPE]);
    expect(loggedOut.headers.getSetCookie()).toEqual([
      'porter=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly; SameSite=Lax',
    ]);
    expect(plain(await send(`GET /api/users/${number}`))).toEqual(FORBIDDEN);
  });
});
