import { request } from 'node:http';
import { connect } from 'node:net';

import { operations, testFeed } from '@slipway/contracts';
import { waitFor } from '@slipway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ReplayedCore } from '../fixture/replayed-core.js';
import { startGatewayOver, type TestGateway } from '../fixture/test-gateway.js';

describe('the way into the gateway', () => {
  const core = new ReplayedCore();
  let gateway: TestGateway;
  let startedAt: number;

  beforeAll(async () => {
    for (const operation of operations) {
      if (operation.kind === 'query') core.refuses(operation, { kind: 'invalid', noun: 'request', text: 'empty' });
    }
    gateway = await startGatewayOver(core, { CORS_ORIGINS: 'https://panel.example.org' });
    startedAt = performance.now();
  });
  afterAll(() => gateway.close());

  const get = (path: string, init: RequestInit = {}) => fetch(`${gateway.url}${path}`, init);
  /** fetch would normalise the path. */
  const raw = (path: string, method = 'GET'): Promise<{ status: number; body: string }> =>
    new Promise((resolve, reject) => {
      const sent = request(`${gateway.url}`, { path, method }, (response) => {
        let body = '';
        response.on('data', (chunk) => (body += String(chunk)));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      });
      sent.on('error', reject).end();
    });

  it('answers health in exactly the documented form', async () => {
    const answer = await get('/health');
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('{"status":"healthy","service":"container-engine","version":"0.1.0"}');
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is unhealthy at once when the broker is away, and well again when it is back', async () => {
    core.connected = false;
    const answer = await get('/health');
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({ status: 'unhealthy', service: 'container-engine', version: '0.1.0' });
    core.connected = true;
    expect((await get('/health')).status).toBe(200);
  });

  it.each([
    ['kim-1.2_3', 'kim-1.2_3'],
    ['with blank', undefined],
    ['x'.repeat(129), undefined],
  ])('takes over the request id %j only when it is fit', async (sent, expected) => {
    const { headers } = await get('/health', { headers: { 'X-Request-Id': sent } });
    if (expected) expect(headers.get('x-request-id')).toBe(expected);
    else expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    '/v1/nothing',
    '/',
    '/health/',
    '/apps',
    '/api/nobody',
    '/docs/nothing/here',
    '/v1',
    '/v1/deployments/',
    '/v1/deployments//status',
    '/v1/webhooks/',
  ])('answers 404 for %s', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toBe('{"error":{"code":"NOT_FOUND","message":"No such route","details":""}}');
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('x-request-id')).not.toBeNull();
  });

  it.each(['/docs/../v1', '/docs/%2e%2e/package.json', '/docs/%00'])(
    'answers 404 for %s, which no document is',
    async (path) => {
      expect(await raw(path)).toMatchObject({ status: 404 });
    },
  );

  it.each(['/%', '/health%zz', '/v1/deployments/%ff', '/%c0%80'])('answers 404 for the malformed %s', async (path) => {
    expect(await raw(path)).toEqual({
      status: 404,
      body: '{"error":{"code":"NOT_FOUND","message":"No such route","details":""}}',
    });
  });

  it('answers 405 with the methods there are', async () => {
    const answer = await get('/health', { method: 'DELETE' });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, HEAD');
    expect(await answer.json()).toEqual({
      error: { code: 'METHOD_NOT_ALLOWED', message: 'Method not allowed', details: '' },
    });
    expect((await raw('/health', 'PROPFIND')).status).toBe(405);
    expect((await raw('/health', 'OPTIONS')).status).toBe(405);
  });

  it('answers HEAD as GET without a body', async () => {
    const answer = await get('/health', { method: 'HEAD' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-length')).toBe('67');
    expect(await answer.text()).toBe('');
  });

  it('answers no HEAD in place of a GET that acts', async () => {
    const answer = await get('/v1/notifications/test', { method: 'HEAD' });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET');
    expect((await raw('/v1/notifications/test', 'OPTIONS')).status).toBe(405);
    expect(core.asked.filter(({ subject }) => subject === testFeed.subject)).toEqual([]);
  });

  it('takes an id that is too long for one that is wrong: it is judged after the credential', async () => {
    const path = `/v1/deployments/${'x'.repeat(8_000)}`;
    expect((await raw(path)).body).toContain('Missing authorization header');
    expect((await raw('/v1/deployments/x')).body).toBe((await raw(path)).body);
  });

  it('S15 turns requests away while its event loop is late, probes never', async () => {
    // Turns that came in time do not speak for those that come late afterwards.
    await waitFor(() => performance.now() - startedAt > 1_500);
    const blocked = new Int32Array(new SharedArrayBuffer(4));
    let late = true;
    let turns = 0;
    const block = (): void => {
      turns += 1;
      Atomics.wait(blocked, 0, 0, 300);
      if (late) setImmediate(block);
    };
    block();
    try {
      await waitFor(async () => (await get('/v1/nothing')).status === 503, { timeoutMs: 30_000 });
      expect(turns).toBeLessThan(60);
      const refused = await get('/v1/nothing');
      expect(refused.status).toBe(503);
      expect(refused.headers.get('retry-after')).toBe('1');
      expect(await refused.json()).toMatchObject({
        error: { code: 'SERVICE_UNAVAILABLE', message: 'Service unavailable', details: expect.any(String) },
      });
      for (const path of ['/livez', '/readyz', '/metrics', '/health', '/v1/ws/health'])
        expect((await get(path)).status, path).toBe(200);
    } finally {
      late = false;
    }
    await waitFor(async () => (await get('/v1/nothing')).status === 404);
  }, 60_000);

  it('answers a preflight of a listed origin, and gives a foreign one no leave', async () => {
    const preflight = (origin: string, path = '/health') =>
      get(path, { method: 'OPTIONS', headers: { Origin: origin, 'Access-Control-Request-Method': 'GET' } });
    const listed = await preflight('https://panel.example.org');
    expect(listed.status).toBe(204);
    expect(listed.headers.get('access-control-allow-origin')).toBe('https://panel.example.org');
    expect(listed.headers.get('access-control-allow-methods')).toBe('GET, HEAD');
    expect(listed.headers.get('access-control-max-age')).toBe('600');
    const foreign = await preflight('https://evil.example');
    expect(foreign.status).toBe(204);
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
    // What one origin is told may not be kept for another.
    expect([listed, foreign].map(({ headers }) => headers.get('vary'))).toEqual(['Origin', 'Origin']);
    expect((await preflight('https://panel.example.org', '/v1/nothing')).status).toBe(404);
  });

  it('lets a listed page read the answer', async () => {
    const answer = await get('/v1/nothing', { headers: { Origin: 'https://panel.example.org' } });
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://panel.example.org');
    expect(answer.headers.get('access-control-expose-headers')).toContain('ETag');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it('counts requests of an address', async () => {
    const { headers } = await get('/health');
    expect(headers.get('ratelimit-limit')).toBe('600');
    expect(Number(headers.get('ratelimit-remaining'))).toBeLessThan(600);
    expect(Number(headers.get('ratelimit-reset'))).toBeLessThanOrEqual(60);
  });

  it('takes the address of a client from a proxy only when the proxy is trusted', async () => {
    const remaining = async (from: TestGateway, address: string) => {
      const { headers } = await fetch(`${from.url}/livez`, { headers: { 'X-Forwarded-For': address } });
      return Number(headers.get('ratelimit-remaining'));
    };
    expect(await remaining(gateway, '203.0.113.1')).toBe((await remaining(gateway, '203.0.113.2')) + 1);
    const behindProxy = await startGatewayOver(core, { TRUSTED_PROXIES: '127.0.0.1', REDIS_URL: 'redis://cache' });
    expect(await remaining(behindProxy, '203.0.113.1')).toBe(599);
    expect(await remaining(behindProxy, '203.0.113.2')).toBe(599);
    expect(behindProxy.lines.filter((line) => line.includes('REDIS_URL'))).toHaveLength(1);
    await behindProxy.close();
  });

  it('refuses an address that asks too often', async () => {
    const strict = await startGatewayOver(core, { PUBLIC_RATE_LIMIT_PER_MINUTE: '1' });
    expect((await fetch(`${strict.url}/livez`)).status).toBe(200);
    const refused = await fetch(`${strict.url}/livez`);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect(await refused.json()).toEqual({
      error: { code: 'RATE_LIMITED', message: 'Too many requests', details: '' },
    });
    await strict.close();
  });

  it('serves an upgrade to something else than a WebSocket as an ordinary request', async () => {
    const answer = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAAQAAP__' };
      const sent = request(`${gateway.url}/health`, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', reject).end();
    });
    expect(answer).toBe(200);
  });

  /** What comes back for bytes, until the gateway closes the connection. */
  const send = (bytes: string): Promise<string> =>
    new Promise((resolve) => {
      let received = '';
      const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1', () => socket.write(bytes));
      socket.on('data', (chunk) => (received += String(chunk))).on('close', () => resolve(received));
    });

  it('words what lacks a host, and overlooks what it is not able to expect', async () => {
    const hostless = await send('GET /v1/deployments HTTP/1.1\r\nConnection: close\r\n\r\n');
    expect(hostless).toContain('HTTP/1.1 400 Bad Request');
    expect(hostless).toContain('{"error":{"code":"BAD_REQUEST","message":"Malformed HTTP request","details":""}}');
    const expectant = await send('GET /health HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\nConnection: close\r\n\r\n');
    expect(expectant).toContain('HTTP/1.1 200 OK');
  });

  const headersIn = (answer: string): Record<string, string> => {
    const [head = ''] = answer.split('\r\n\r\n');
    const lines = head.split('\r\n').slice(1);
    return Object.fromEntries(lines.map((line) => [line.split(': ')[0]?.toLowerCase(), line.split(': ')[1] ?? '']));
  };

  describe('gives every answer an id, no place in a cache and no guess at its type:', () => {
    const UPGRADE = 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13';
    const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
    const ofKim = 'X-Request-Id: kim-1\r\nHost: x\r\n';
    it.each<[string, string, number, string | RegExp]>([
      ['an upgrade', `GET /v1/ws/health HTTP/1.1\r\n${ofKim}${UPGRADE}\r\n${KEY}`, 101, 'kim-1'],
      ['a refused upgrade', `GET /v1/ws/notifications HTTP/1.1\r\n${ofKim}${UPGRADE}\r\n${KEY}`, 401, 'kim-1'],
      ['an upgrade of nothing', `GET /v1/nothing HTTP/1.1\r\n${ofKim}${UPGRADE}\r\n${KEY}`, 404, 'kim-1'],
      [
        'an upgrade to what is no protocol',
        `GET /v1/ws/health HTTP/1.1\r\n${ofKim}Connection: close\r\n${UPGRADE}\r\n${KEY}\r\nSec-WebSocket-Protocol: a,,b`,
        200,
        'kim-1',
      ],
      ['a malformed path', `GET /% HTTP/1.1\r\n${ofKim}Connection: close`, 404, 'kim-1'],
      [
        'a preflight',
        `OPTIONS /health HTTP/1.1\r\n${ofKim}Connection: close\r\nOrigin: http://y\r\nAccess-Control-Request-Method: GET`,
        204,
        'kim-1',
      ],
      ['a request without a host', 'GET /health HTTP/1.1\r\nX-Request-Id: kim-1\r\nConnection: close', 400, 'kim-1'],
      ['no HTTP', 'no http at all', 400, /^[0-9a-f-]{36}$/],
      ['too many headers', `GET /health HTTP/1.1\r\n${ofKim}A: ${'a'.repeat(20_000)}`, 431, /^[0-9a-f-]{36}$/],
    ])('%s', async (_, sent, status, id) => {
      const answer = await send(`${sent}\r\n\r\n`);
      expect(answer).toContain(`HTTP/1.1 ${status} `);
      expect(headersIn(answer)).toMatchObject({
        'x-request-id': expect.stringMatching(id),
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
    });
  });

  it('tells whom it refuses an upgrade that the connection ends, as it does', async () => {
    const upgrade = 'Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13';
    const answer = await send(
      `GET /v1/ws/notifications HTTP/1.1\r\n${upgrade}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    );
    expect(answer).toContain('HTTP/1.1 401 ');
    expect(headersIn(answer)).toMatchObject({ connection: 'close' });
  });

  it('gives no answer to what is no HTTP in place of the one to the request before it', async () => {
    const answer = await send('GET /health HTTP/1.1\r\nHost: x\r\n\r\nno http at all\r\n\r\n');
    expect(answer).not.toContain('400');
  });

  it('words what is not sent in time, as any other answer', async () => {
    const server = gateway.app.getHttpServer();
    // Node would take twelve seconds to say so.
    server.once('connection', (socket) =>
      server.emit('clientError', Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket),
    );
    const answer = await send('GET /health HTTP/1.1\r\n');
    expect(answer).toContain('HTTP/1.1 408 Request Timeout');
    expect(answer).toContain('{"error":{"code":"BAD_REQUEST","message":"Request was not sent in time","details":""}}');
    expect(headersIn(answer)).toMatchObject({
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
  });

  it('words what is no HTTP', async () => {
    const text = await send('no http at all\r\n\r\n');
    expect(text).toContain('HTTP/1.1 400 Bad Request');
    expect(text).toContain('{"error":{"code":"BAD_REQUEST","message":"Malformed HTTP request","details":""}}');
  });

  it('serves what orchestrators ask for', async () => {
    expect((await get('/livez')).status).toBe(200);
    expect((await get('/readyz')).status).toBe(200);
    expect(await (await get('/metrics')).text()).toContain('slipway_http_request_duration_seconds');
  });

  it('writes one line a request, without the query', async () => {
    await get('/health?token=secret-of-kim');
    const line = gateway.lines.findLast((one) => one.includes('"answered"'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ method: 'GET', path: '/health', status: 200 });
    expect(gateway.lines.join('')).not.toContain('secret-of-kim');
    expect(JSON.parse(line ?? '{}').requestId).toMatch(/^[0-9a-f-]{36}$/);
  });
});
