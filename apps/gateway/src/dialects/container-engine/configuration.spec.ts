// What the variables of the gateway change in the answers of this dialect.
import { once } from 'node:events';

import { checkCredential, followLines, getApp, listLines, openCredential, problem } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { digestOf } from '../../core/opaque-token.js';
import { ReplayedCore } from '../../fixture/replayed-core.js';
import { API_KEY, app, APP_ID, checked, READ_KEY } from '../../fixture/samples.js';
import { entry, LEASE, line } from '../../fixture/streams.js';
import { startGatewayOver, type TestGateway } from '../../fixture/test-gateway.js';

describe('the Container Engine dialect', () => {
  let core: ReplayedCore;
  let gateway: TestGateway | undefined;

  beforeEach(() => {
    core = new ReplayedCore();
    core.answers(checkCredential, ({ digest }) => {
      if (digest === digestOf(API_KEY)) return checked('full');
      if (digest === digestOf(READ_KEY)) return checked('read');
      throw new Refusal(problem.unauthenticated('credential', 'unknown'));
    });
  });
  afterEach(() => gateway?.close());

  const startWith = async (env: Record<string, string>): Promise<void> => {
    gateway = await startGatewayOver(core, env);
  };
  const send = async (method: string, path: string, key?: string, body?: object) => {
    const answer = await fetch(`${gateway?.url}${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', ...(key !== undefined && { Authorization: `Bearer ${key}` }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const { error } = (await answer.json()) as { error: { code: string; message: string } };
    return { status: answer.status, headers: answer.headers, ...error };
  };
  const rateOf = ({ headers }: { headers: Headers }) =>
    ['limit', 'remaining'].map((name) => headers.get(`ratelimit-${name}`));

  it('counts the requests of a credential under RATE_LIMIT_PER_MINUTE, after its scope and before any id', async () => {
    await startWith({ RATE_LIMIT_PER_MINUTE: '2', PUBLIC_RATE_LIMIT_PER_MINUTE: '1' });
    const readOnly = await send('POST', '/v1/deployments/7/stop', READ_KEY);
    expect(readOnly).toMatchObject({ status: 403, message: 'API key is read-only' });
    expect(rateOf(readOnly)).toEqual([null, null]);
    for (const remaining of ['1', '0']) {
      const answer = await send('GET', '/v1/deployments/7', API_KEY);
      expect(answer).toMatchObject({ status: 400, message: 'Invalid id' });
      expect(rateOf(answer)).toEqual(['2', remaining]);
      expect(Number(answer.headers.get('ratelimit-reset'))).toBeLessThanOrEqual(60);
    }
    const refused = await send('GET', '/v1/deployments/7', API_KEY);
    expect(refused).toMatchObject({ status: 429, code: 'RATE_LIMITED', message: 'Too many requests' });
    expect(rateOf(refused)).toEqual(['2', '0']);
    expect(refused.headers.get('retry-after')).toBe(refused.headers.get('ratelimit-reset'));
    expect(rateOf(await send('GET', '/v1/deployments/7', READ_KEY))).toEqual(['2', '1']);
    expect(rateOf(await send('GET', '/v1/deployments/7'))).toEqual([null, null]);
  });

  it('counts no requests of credentials unless told so', async () => {
    await startWith({});
    expect(rateOf(await send('GET', '/v1/deployments/7', API_KEY))).toEqual([null, null]);
  });

  it.each([
    ['true', 401, 'Invalid credentials'],
    ['false', 404, 'User not found'],
  ])('answers an unknown address at login under LOGIN_HIDE_UNKNOWN_USERS=%s', async (hide, status, message) => {
    core.refuses(openCredential, problem.invalid('credential', 'unknown', { code: 'unknown_email' }));
    await startWith({ LOGIN_HIDE_UNKNOWN_USERS: hide });
    const body = { email: 'nobody@example.org', password: 'correct horse' };
    expect(await send('POST', '/v1/auth/login', undefined, body)).toMatchObject({ status, message });
  });

  it('gives logs in the LOGS_FORMAT, unless the request names another', async () => {
    core.answers(getApp, () => app).answers(listLines, () => ({ lines: [line(1)] }));
    core.answers(followLines, () => LEASE);
    await startWith({ LOGS_FORMAT: 'text' });
    const path = `/v1/deployments/${APP_ID}/logs`;
    const headers = { Authorization: `Bearer ${API_KEY}` };
    const logs = async (query: string) => (await fetch(`${gateway?.url}${path}${query}`, { headers })).text();
    expect(await logs('')).toBe('{"logs":"2026-03-01T10:00:01Z line 1\\n"}');
    expect(await logs('?format=json')).toBe(`{"logs":[${entry(1)}]}`);
    const socket = new WebSocket(`${gateway?.url}${path}/stream`, { headers });
    const [first] = (await once(socket, 'message')) as [Buffer];
    expect(first.toString()).toBe('2026-03-01T10:00:01Z line 1');
    socket.terminate();
  });

  it('calls a value a key by API_KEY_PREFIX, and takes keys that were made under another one', async () => {
    await startWith({ API_KEY_PREFIX: 'acme_' });
    expect(await send('GET', '/v1/deployments/7', API_KEY)).toMatchObject({ status: 400, message: 'Invalid id' });
    expect(await send('GET', '/v1/deployments/7', 'acme_0')).toMatchObject({
      status: 401,
      code: 'AUTHENTICATION_ERROR',
      message: 'Invalid API key',
    });
    const lookUps = () => core.asked.filter(({ subject }) => subject === checkCredential.subject).length;
    const before = lookUps();
    expect(await send('GET', '/v1/deployments/7', `${API_KEY}0`)).toMatchObject({
      status: 401,
      code: 'INVALID_TOKEN',
      message: 'Invalid token',
    });
    expect(lookUps()).toBe(before);
  });
});
