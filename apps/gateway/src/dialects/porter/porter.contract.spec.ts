// Every refusal of this dialect and every form of a request, byte by byte, over a core that answers as the test says.
import { request as ask } from 'undici';

import {
  checkCredential,
  countApps,
  deleteUser,
  getKubeconfig,
  getRelease,
  getReleaseHistory,
  getUser,
  listClusterContexts,
  listNamespaces,
  listReleases,
  openCredential,
  problem,
  registerUser,
  replaceClusterContexts,
  revokeCredential,
  rollBackRelease,
  type CheckedCredential,
  type Operation,
  type Problem,
} from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { digestOf } from '../../core/opaque-token.js';
import { ReplayedCore } from '../../fixture/replayed-core.js';
import { checked, opened, USER_ID } from '../../fixture/samples.js';
import { startGatewayOver, type TestGateway } from '../../fixture/test-gateway.js';

const SESSION = 'a'.repeat(43);
const CLOSED = 'c'.repeat(43);
const JSON_TYPE = 'application/json;charset=utf8';
const E0 = '{"code":600,"errors":["could not process request"]}';

function checkedCookie(): CheckedCredential {
  const { actor, expiresAt } = checked();
  return { actor: { ...actor, credential: { ...actor.credential, kind: 'cookie' } }, expiresAt };
}

let core: ReplayedCore;
let gateway: TestGateway;
beforeAll(async () => {
  core = new ReplayedCore();
  gateway = await startGatewayOver(core, { PUBLIC_RATE_LIMIT_PER_MINUTE: '100000', RATE_LIMIT_PER_MINUTE: '100000' });
});
afterAll(() => gateway.close());
beforeEach(() => {
  core.asked.length = 0;
  core.replayed = false;
  core.answers(checkCredential, ({ digest }) => {
    if (digest === digestOf(CLOSED)) {
      const more = { code: 'account_deleted' as const, facts: { number: 1 } };
      throw new Refusal(problem.unauthenticated('user', 'gone', more));
    }
    if (digest !== digestOf(SESSION)) throw new Refusal(problem.unauthenticated('credential', 'no'));
    return checkedCookie();
  });
  const { user } = opened;
  const without = { user, credentialId: opened.credentialId, accessToken: null };
  core.answers(registerUser, () => without);
  core.answers(openCredential, () => without);
  core.answers(revokeCredential, () => undefined);
  core.answers(getUser, () => user);
  core.answers(getKubeconfig, () => ({ text: 'kind: Config', allowed: ['harbour'] }));
  core.answers(listClusterContexts, () => ({ contexts: [] }));
  core.answers(replaceClusterContexts, () => ({ names: [] }));
  core.answers(countApps, () => ({ count: 0 }));
  core.answers(deleteUser, () => ({ userId: USER_ID, credentialIds: [] }));
  core.answers(listReleases, () => ({ json: '[{"name":"ledger"}]' }));
  core.answers(getRelease, () => ({ json: '{"name":"ledger"}' }));
  core.answers(getReleaseHistory, () => ({ json: '[]' }));
  core.answers(rollBackRelease, () => undefined);
  core.answers(listNamespaces, () => ({ names: ['default'] }));
});

interface Sent {
  readonly body?: string;
  readonly headers?: Record<string, string>;
  /** Default: the one that holds; `null` sends none. */
  readonly session?: string | null;
}

async function send(request: string, { body, headers = {}, session = SESSION }: Sent = {}) {
  const [method = '', path = ''] = request.split(' ');
  const cookie = session === null ? {} : { cookie: `other=1; porter=${session}; porter=second` };
  const answer = await ask(`${gateway.url}${path}`, {
    method: method as 'GET',
    headers: { ...cookie, ...headers },
    body,
  });
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
}

const told = async (request: string, sent?: Sent): Promise<string> => {
  const { status, text } = await send(request, sent);
  return `${status} ${text}`;
};
const inputTo = (operation: Operation): unknown =>
  core.asked.findLast(({ subject }) => subject === operation.subject)?.input;

describe('outside of its routes', () => {
  it.each([
    'GET /api/users/',
    'GET /api/users/1/nothing',
    'GET /api/login/x',
    'GET /api/charts/',
    'GET /api/k8s/pods',
    'GET /api/k8s',
    'POST /api/auth',
  ])('%s is no page', async (request) => {
    const { status, headers, text } = await send(request);
    expect([status, headers['content-type'], text]).toEqual([404, 'text/plain; charset=utf-8', '404 page not found\n']);
  });

  it.each([
    ['PATCH /api/users/1', 'DELETE, GET, PUT'],
    ['GET /api/users', 'POST'],
    ['HEAD /api/users/1', 'DELETE, GET, PUT'],
    ['OPTIONS /api/charts', 'GET'],
    ['DELETE /api/releases/web/1', 'GET'],
    ['GET /api/logout', 'POST'],
  ])('%s is no method, before any credential', async (request, allow) => {
    const { status, headers, text } = await send(request, { session: null });
    expect([status, headers['content-type'], headers.allow, text]).toEqual([405, JSON_TYPE, allow, '']);
  });

  it('lets no other page call it, and answers no preflight', async () => {
    const headers = { origin: gateway.url, 'access-control-request-method': 'GET' };
    const preflight = await send('OPTIONS /api/charts', { headers });
    expect(preflight.status).toBe(405);
    for (const answer of [preflight, await send('GET /api/auth/check', { headers })]) {
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    }
  });
});

describe('a session', () => {
  it.each(['GET /api/auth/check', 'GET /api/users/1', 'PUT /api/users/1', 'GET /api/charts', 'POST /api/logout'])(
    'is needed for %s, whatever Authorization says',
    async (request) => {
      for (const session of [null, 'b'.repeat(43), 'short', `${SESSION}x`])
        expect(await told(request, { session, headers: { authorization: `Bearer ${SESSION}` } })).toBe(
          '403 Forbidden\n',
        );
    },
  );

  it('is the first cookie of its name', async () => {
    for (const first of ['b'.repeat(43), 'short', '']) {
      const cookie = `porter=${first}; porter=${SESSION}`;
      expect(await told('GET /api/auth/check', { session: null, headers: { cookie } })).toBe('403 Forbidden\n');
    }
    const others = { session: null, headers: { cookie: `xporter=1; a=b=c; porter=${SESSION}` } };
    expect((await send('GET /api/auth/check', others)).status).toBe(200);
  });

  it('that ended with its account proves its number, and can be logged out', async () => {
    const closed = { session: CLOSED };
    const gone = '404 {"code":602,"errors":["could not find requested object"]}';
    expect(await told('GET /api/users/1', closed)).toBe(gone);
    expect(await told('PUT /api/users/1', { ...closed, body: '{' })).toBe(gone);
    expect(await told('GET /api/users/2', closed)).toBe('403 Forbidden\n');
    expect(await told('GET /api/users/x', closed)).toBe(`400 ${E0}`);
    expect(await told('GET /api/charts', closed)).toBe('403 Forbidden\n');
    expect(await told('GET /api/auth/check', closed)).toBe('403 Forbidden\n');
    expect(await told('POST /api/logout', closed)).toBe('200 ');
    expect(inputTo(revokeCredential)).toEqual({ digest: digestOf(CLOSED) });
  });

  it('is opened by register and login, takes the place of the one that came, and is Secure over https', async () => {
    for (const [request, operation] of [
      ['POST /api/users', registerUser],
      ['POST /api/login', openCredential],
    ] as const) {
      const { headers, text } = await send(request, { body: '{"email":"kim@example.org","password":"x"}' });
      const value = /^porter=([\w-]{43}); Path=\/; Expires=[^;]+; Max-Age=2592000; HttpOnly; SameSite=Lax$/.exec(
        String(headers['set-cookie']),
      )?.[1];
      expect(text).toBe('');
      const opens = operation === registerUser ? (inputTo(operation) as { open: object }).open : inputTo(operation);
      expect(opens).toMatchObject({ kind: 'cookie', digest: digestOf(value ?? ''), replaces: digestOf(SESSION) });
    }
    const trusting = await startGatewayOver(core, { TRUSTED_PROXIES: '127.0.0.1' });
    try {
      const answer = await ask(`${trusting.url}/api/login`, {
        method: 'POST',
        headers: { 'x-forwarded-proto': 'https' },
        body: '{}',
      });
      await answer.body.dump();
      expect(answer.headers['set-cookie']).toMatch(/; SameSite=Lax; Secure$/);
    } finally {
      await trusting.close();
    }
  });

  it.each([
    ['application/json', true],
    ['text/html, application/json;q=0.1', true],
    ['application/json; charset=utf-8', true],
    ['application/json;q=0', false],
    ['*/*', false],
    ['application/*', false],
    ['', false],
  ])('is answered to Accept: %j with a body: %j', async (accept, hasBody) => {
    const sent = { body: '{"email":"kim@example.org","password":"x"}', headers: { accept } };
    core.answers(checkCredential, checkedCookie);
    const { headers, text } = await send('POST /api/login', sent);
    expect(text).toBe(hasBody ? '{"id":1,"email":"kim@example.org","contexts":["harbour"],"rawKubeConfig":""}' : '');
    expect([headers['content-type'], headers.vary]).toEqual([JSON_TYPE, 'Accept']);
  });

  it('lets no page of another site make a change', async () => {
    const body = '{"email":"kim@example.org","password":"x"}';
    for (const [headers, status] of [
      [{ 'sec-fetch-site': 'cross-site' }, 403],
      [{ 'sec-fetch-site': 'same-site' }, 403],
      [{ 'sec-fetch-site': 'same-origin' }, 200],
      [{ 'sec-fetch-site': 'none' }, 200],
      [{ origin: 'https://elsewhere.example' }, 403],
      [{ 'sec-fetch-site': 'same-origin', origin: 'https://elsewhere.example' }, 200],
      [{ origin: gateway.url }, 200],
      [{}, 200],
    ] as const)
      expect((await send('POST /api/login', { body, headers })).status, JSON.stringify(headers)).toBe(status);
    const cross = { headers: { 'sec-fetch-site': 'cross-site' } };
    expect(await told('DELETE /api/users/1', { ...cross, body: '{"password":"x"}' })).toBe('403 Forbidden\n');
    expect((await send('GET /api/auth/check', cross)).status).toBe(200);
  });
});

describe('a body', () => {
  it.each([
    ['', `400 ${E0}`],
    ['{', `400 ${E0}`],
    ['[]', `400 ${E0}`],
    ['"x"', `400 ${E0}`],
    ['{} {}', `400 ${E0}`],
    ['\ufeff{}', `400 ${E0}`],
    ['{"email":1}', `400 ${E0}`],
    ['null', '422 {"code":601,"errors":["required validation failed","required validation failed"]}'],
    [
      '{"email":null,"password":""}',
      '422 {"code":601,"errors":["required validation failed","required validation failed"]}',
    ],
    [
      `{"email":"${'x'.repeat(256)}","password":"${'x'.repeat(256)}"}`,
      '422 {"code":601,"errors":["max validation failed","max validation failed"]}',
    ],
    ['{"email":"kim@localhost","password":"x"}', '422 {"code":601,"errors":["email validation failed"]}'],
  ])('%j registers nobody', async (body, expected) => {
    expect(await told('POST /api/users', { body })).toBe(expected);
    expect(core.asked).toEqual([]);
  });

  it('has its keys in any case, the exact one first, and may hold what nobody knows', async () => {
    const body = '{"EMAIL":"b@example.org","email":"a@example.org","id":7,"Password":"x","more":[]}';
    await send('POST /api/users', { body, headers: { 'content-type': 'text/plain' } });
    expect(inputTo(registerUser)).toMatchObject({ email: 'a@example.org', password: 'x' });
    const repeated = '{"EMAIL":"a@example.org","Email":"b@example.org","password":"x","password":"y"}';
    await send('POST /api/users', { body: repeated });
    expect(inputTo(registerUser)).toMatchObject({ email: 'b@example.org', password: 'y' });
  });

  it('larger than 1 MiB is not read', async () => {
    expect(await told('PUT /api/users/1', { body: ' '.repeat(1024 * 1024 + 1) })).toBe(
      '413 {"code":413,"errors":["could not process request","the request is larger than 1 MiB"]}',
    );
  });

  it('with a kubeconfig of more than 512 KiB is undecodable, and says why', async () => {
    const body = JSON.stringify({ rawKubeConfig: 'x'.repeat(512 * 1024 + 1) });
    expect(await told('PUT /api/users/1', { body })).toBe(
      '400 {"code":600,"errors":["could not process request","the kubeconfig is larger than 512 KiB"]}',
    );
  });

  it.each([
    ['{"rawKubeConfig":1}', 400],
    ['{"allowedContexts":"harbour"}', 400],
    ['{"allowedContexts":[1]}', 400],
    ['{}', 204],
    ['{"rawKubeConfig":null,"allowedContexts":null}', 204],
  ])('%s is answered %i when it is saved', async (body, status) => {
    expect((await send('PUT /api/users/1', { body })).status).toBe(status);
  });
});

describe('a number in a path', () => {
  it.each(['0', '01', '-1', '1x', '0x1', '9007199254740993', '%31%20'])('%s is none', async (text) => {
    expect(await told(`GET /api/users/${text}`)).toBe(`400 ${E0}`);
  });

  it.each([
    ['0', 200],
    ['2147483647', 200],
    ['2147483648', 400],
    ['-1', 400],
    ['01', 400],
    ['x', 400],
  ])('%s as a revision is answered %i', async (text, status) => {
    expect((await send(`GET /api/charts/web/${text}?context=c&storage=secret`)).status).toBe(status);
  });
});

describe('a list of releases', () => {
  const listed = async (request: string, body?: string): Promise<unknown> => {
    expect(await told(request, { ...(body !== undefined && { body }) })).toBe('200 [{"name":"ledger"}]');
    return inputTo(listReleases);
  };
  const place = { context: 'c', storage: 'secret', namespace: 'n' };

  it('is asked alike in a body, a flat query and an object query', async () => {
    const wanted = { ...place, only: 'n', statuses: ['deployed', 'failed'], limit: 20, skip: 1, byDate: true };
    const helm = { namespace: 'n', context: 'c', storage: 'secret' };
    const filter = { namespace: 'n', limit: 20, skip: 1, byDate: true, statusFilter: ['deployed', 'failed'] };
    const encoded = (value: unknown) => encodeURIComponent(JSON.stringify(value));
    const flat = 'namespace=n&context=c&storage=secret&limit=20&skip=1&byDate=t&statusFilter=deployed';
    expect(await listed('GET /api/charts', JSON.stringify({ user_id: 1, helm, filter }))).toEqual(wanted);
    expect(await listed(`GET /api/charts?${flat}&statusFilter=failed`)).toEqual(wanted);
    expect(await listed(`GET /api/releases?${flat}&statusFilter[]=failed`)).toEqual(wanted);
    expect(await listed(`GET /api/charts?helm=${encoded(helm)}&filter=${encoded(filter)}`)).toEqual(wanted);
    expect(await listed(`GET /api/charts?user_id=1&helm=${encoded(helm)}&filter=${encoded(filter)}`)).toEqual(wanted);
    expect(await listed('GET /api/charts?context=ignored', JSON.stringify({ user_id: 1, helm, filter }))).toEqual(
      wanted,
    );
  });

  it('has no filter but the namespace, where none is given', async () => {
    expect(await listed('GET /api/charts?context=c&storage=secret')).toEqual({ ...place, namespace: '', only: '' });
    const flat = 'context=c&storage=secret&namespace=n&limit=x&skip=1.5&byDate=yes&limit=3';
    expect(await listed(`GET /api/charts?${flat}`)).toEqual({ ...place, only: 'n' });
    expect(await listed('GET /api/charts?context=c&storage=secret&namespace=n&statusFilter=')).toEqual({
      ...place,
      only: 'n',
      statuses: [],
    });
  });

  it.each([
    ['{"user_id":2,"helm":1}', '403 Forbidden\n'],
    ['{"helm":{},"filter":{}}', '403 Forbidden\n'],
    ['{"user_id":"1","helm":{},"filter":{}}', '403 Forbidden\n'],
    ['{"user_id":1,"helm":1}', `400 ${E0}`],
    ['{"user_id":1,"helm":{"context":1}}', `400 ${E0}`],
    ['{"user_id":1,"helm":{"context":"c","storage":"secret"},"filter":{"limit":1.5}}', `400 ${E0}`],
    ['{"user_id":1}', '422 {"code":601,"errors":["required validation failed","required validation failed"]}'],
    [
      '{"user_id":1,"helm":{}}',
      '422 {"code":601,"errors":["required validation failed","oneof validation failed","required validation failed"]}',
    ],
    [
      '{"user_id":1,"helm":{"context":"c","storage":"disk"},"filter":{}}',
      '422 {"code":601,"errors":["oneof validation failed"]}',
    ],
  ])('asked with %s is refused', async (body, expected) => {
    expect(await told('GET /api/charts', { body })).toBe(expected);
    expect(inputTo(listReleases)).toBeUndefined();
  });

  it.each([
    ['user_id=2&context=c&storage=secret', '403 Forbidden\n'],
    ['context=%zz', `400 ${E0}`],
    ['helm=%7B', `400 ${E0}`],
    ['helm=%7B%7D&user_id=2', '403 Forbidden\n'],
    ['context=c&context=d&storage=secret', '422 {"code":601,"errors":["required validation failed"]}'],
  ])('asked with ?%s is refused', async (query, expected) => {
    expect(await told(`GET /api/charts?${query}`)).toBe(expected);
  });
});

describe('one release', () => {
  it('is asked for by name, in whatever form, and passed on as it came', async () => {
    expect(await told('GET /api/releases/web/3?context=c&storage=configmap')).toBe('200 {"name":"ledger"}');
    expect(inputTo(getRelease)).toEqual({
      context: 'c',
      storage: 'configmap',
      namespace: '',
      name: 'web',
      revision: 3,
    });
    const body = '{"user_id":1,"helm":{"context":"c","storage":"secret"},"name":"other"}';
    expect(await told('GET /api/charts/web/history', { body })).toBe('200 []');
    expect(inputTo(getReleaseHistory)).toEqual({ context: 'c', storage: 'secret', namespace: '', name: 'web' });
  });

  it('is rolled back, in both forms', async () => {
    const place = { context: 'c', storage: 'secret', namespace: 'n', name: 'web' };
    const body = '{"namespace":"n","context":"c","storage":"secret","revision":3,"name":"other","user_id":1}';
    expect(await told('POST /api/charts/web/rollback', { body })).toBe('200 ');
    expect(inputTo(rollBackRelease)).toEqual({ ...place, revision: 3 });
    const flat = '{"namespace":"n","context":"c","storage":"secret"}';
    expect(await told('POST /api/releases/web/rollback', { body: flat })).toBe('200 ');
    expect(inputTo(rollBackRelease)).toEqual({ ...place, revision: 0 });
    expect(await told('POST /api/charts/rollback/web/2', { body: flat })).toBe('200 ');
    expect(inputTo(rollBackRelease)).toEqual({ ...place, revision: 2 });
    expect(core.asked.at(-1)?.call.timeoutMs).toBeGreaterThan(30_000);
  });

  it.each([
    ['', `400 ${E0}`],
    ['{"revision":-1}', `400 ${E0}`],
    ['{"revision":"1"}', `400 ${E0}`],
    ['{"user_id":2}', '403 Forbidden\n'],
    [
      '{}',
      '422 {"code":601,"errors":["required validation failed","oneof validation failed","required validation failed"]}',
    ],
    ['{"context":"c","storage":"secret","namespace":""}', '422 {"code":601,"errors":["required validation failed"]}'],
  ])('is not rolled back with %j', async (body, expected) => {
    expect(await told('POST /api/charts/web/rollback', { body })).toBe(expected);
    expect(inputTo(rollBackRelease)).toBeUndefined();
  });

  it('is never upgraded here', async () => {
    expect(await told('POST /api/charts/web/upgrade')).toBe('501 {"code":501,"errors":["not implemented"]}');
    expect(await told('POST /api/charts/web/upgrade', { session: null })).toBe('403 Forbidden\n');
  });
});

describe('namespaces', () => {
  it('are those of a context', async () => {
    expect(await told('GET /api/k8s/namespaces?context=a%2Fb')).toBe(
      '200 {"metadata":{},"items":[{"metadata":{"name":"default"}}]}',
    );
    expect(inputTo(listNamespaces)).toEqual({ context: 'a/b' });
    expect(await told('GET /api/k8s/namespaces')).toBe('422 {"code":601,"errors":["required validation failed"]}');
  });
});

/** What every change of these takes. */
const BODY = '{"email":"kim@example.org","password":"x","context":"c","storage":"secret","namespace":"n"}';

describe('a refusal of the core', () => {
  const list = 'GET /api/charts?context=c&storage=secret';
  const login = 'POST /api/login';
  const remove = 'DELETE /api/users/1';
  const back = 'POST /api/charts/web/rollback';
  it.each<[string, Operation, Problem, string, string?]>([
    [list, listReleases, problem.notFound('release', 'x'), '404 {"code":602,"errors":["release not found"]}'],
    [
      'GET /api/users/1',
      getUser,
      problem.notFound('user', 'x'),
      '404 {"code":602,"errors":["could not find requested object"]}',
    ],
    [
      list,
      listReleases,
      problem.invalid('cluster_context', 'why', { code: 'cluster_context' }),
      '422 {"code":601,"errors":["context validation failed","why"]}',
    ],
    [
      list,
      listReleases,
      problem.unavailable('cluster_context', 'why', { code: 'cluster_unreachable' }),
      '500 {"code":500,"errors":["could not read from database","why"]}',
    ],
    [
      list,
      listReleases,
      problem.unavailable('service', 'inside', { retryAfterMs: 2_500 }),
      '500 {"code":500,"errors":["could not read from database"]}',
      '3',
    ],
    [
      list,
      listReleases,
      problem.invalid('request', 'too much', { code: 'too_large' }),
      '413 {"code":413,"errors":["could not process request","too much"]}',
    ],
    [
      list,
      listReleases,
      problem.internal('request', 'x', { incident: 'i' }),
      '500 {"code":500,"errors":["internal server error"]}',
    ],
    [list, listReleases, problem.notImplemented('request', 'x'), '501 {"code":501,"errors":["not implemented"]}'],
    [list, listReleases, problem.quotaExceeded('app', 'x'), '422 {"code":601,"errors":["quota validation failed"]}'],
    [
      login,
      openCredential,
      problem.invalid('user', 'x', { code: 'unknown_email' }),
      '401 {"code":401,"errors":["email not registered"]}',
    ],
    [
      login,
      openCredential,
      problem.invalid('user', 'x', { code: 'wrong_password' }),
      '401 {"code":401,"errors":["incorrect password"]}',
    ],
    [
      login,
      openCredential,
      problem.rateLimited('user', 'x', { retryAfterMs: 1_500 }),
      '429 {"code":429,"errors":["too many attempts"]}',
      '2',
    ],
    [
      login,
      openCredential,
      problem.unavailable('service', 'x'),
      '500 {"code":500,"errors":["could not read from database"]}',
      '2',
    ],
    [
      'POST /api/users',
      registerUser,
      problem.alreadyExists('user', 'x'),
      '422 {"code":601,"errors":["email already taken"]}',
    ],
    ['POST /api/users', registerUser, problem.forbidden('user', 'closed'), '403 Forbidden\n'],
    [
      'POST /api/users',
      registerUser,
      problem.unavailable('service', 'x'),
      '500 {"code":500,"errors":["could not read from database"]}',
    ],
    [
      'PUT /api/users/1',
      replaceClusterContexts,
      problem.unavailable('service', 'x'),
      '500 {"code":500,"errors":["could not write to database"]}',
    ],
    [
      'PUT /api/users/1',
      replaceClusterContexts,
      problem.invalid('cluster_context', 'why', { code: 'kubeconfig' }),
      '400 {"code":600,"errors":["could not process request","why"]}',
    ],
    [
      'PUT /api/users/1',
      replaceClusterContexts,
      problem.conflict('request', 'running', { code: 'key_running' }),
      '409 {"code":409,"errors":["running"]}',
      '1',
    ],
    [
      'PUT /api/users/1',
      replaceClusterContexts,
      problem.invalid('request', 'x', { code: 'key_reused' }),
      '422 {"code":601,"errors":["idempotency-key validation failed"]}',
    ],
    [
      remove,
      deleteUser,
      problem.invalid('user', 'x', { code: 'wrong_password' }),
      '400 {"code":601,"errors":["invalid password"]}',
    ],
    [
      remove,
      deleteUser,
      problem.conflict('user', 'owns 2 apps', { code: 'sole_owner' }),
      '409 {"code":409,"errors":["owns 2 apps"]}',
    ],
    [back, rollBackRelease, problem.notFound('release', 'x'), '404 {"code":602,"errors":["release not found"]}'],
    [
      back,
      rollBackRelease,
      problem.conflict('release', 'why'),
      '500 {"code":603,"errors":["error rolling back release why"]}',
    ],
    [
      back,
      rollBackRelease,
      problem.unavailable('cluster_context', 'why'),
      '500 {"code":603,"errors":["error rolling back release why"]}',
    ],
    [
      back,
      rollBackRelease,
      problem.invalid('cluster_context', 'why', { code: 'cluster_context' }),
      '422 {"code":601,"errors":["context validation failed","why"]}',
    ],
    [
      back,
      rollBackRelease,
      problem.conflict('request', 'running', { code: 'key_running' }),
      '409 {"code":409,"errors":["running"]}',
    ],
    [
      remove,
      countApps,
      problem.unavailable('service', 'x'),
      '500 {"code":500,"errors":["could not write to database"]}',
    ],
  ])('%s: %j %j is told as %s', async (request, operation, refusal, expected, retryAfter) => {
    core.refuses(operation, refusal);
    const body = request.startsWith('GET') ? {} : { body: BODY };
    const { status, headers, text } = await send(request, body);
    expect(`${status} ${text}`).toBe(expected);
    if (retryAfter) expect(headers['retry-after']).toBe(retryAfter);
    if (!text.startsWith('F')) expect(headers['content-type']).toBe(JSON_TYPE);
  });
});

describe('an Idempotency-Key', () => {
  const put = (headers: Record<string, string>) => send('PUT /api/users/1', { body: '{}', headers });

  it('names the effect of a change, and a repeated one says so', async () => {
    await put({ 'idempotency-key': 'k1' });
    expect(core.asked.at(-1)?.call.operationId).toMatch(/^[0-9a-f]{64}$/);
    core.replayed = true;
    expect((await put({ 'idempotency-key': 'k1' })).headers['idempotency-replayed']).toBe('true');
    expect((await put({ 'idempotency-key': '\u00e9' })).status).toBe(422);
  });

  it('says nothing to register, login and logout, whose answers hold a new cookie', async () => {
    const sent = { body: '{"email":"kim@example.org","password":"x"}', headers: { 'idempotency-key': 'k1' } };
    for (const request of ['POST /api/users', 'POST /api/login', 'POST /api/logout']) {
      await send(request, sent);
      expect(core.asked.at(-1)?.call.operationId, request).toBeUndefined();
      expect((await send(request, { ...sent, headers: { 'idempotency-key': '\u00e9' } })).status).toBeLessThan(300);
    }
  });
});
