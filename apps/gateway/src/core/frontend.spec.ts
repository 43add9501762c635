import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ReplayedCore } from '../fixture/replayed-core.js';
import { startGatewayOver, type TestGateway } from '../fixture/test-gateway.js';

const PAGE = '<!doctype html><title>console</title>';
const NAVIGATION = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe('FRONTEND_PATH', () => {
  let folder: string;
  let root: string;
  let gateway: TestGateway;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-frontend-'));
    root = join(folder, 'build');
    await mkdir(join(root, 'assets'), { recursive: true });
    await mkdir(join(root, 'v1'));
    await writeFile(join(folder, 'outside.txt'), 'a secret');
    await writeFile(join(root, 'index.html'), PAGE);
    await writeFile(join(root, '.env'), 'a secret');
    await writeFile(join(root, 'v1', 'nothing'), 'a file in the way of the API');
    await writeFile(join(root, 'assets', 'main.js'), 'run()');
    await writeFile(join(root, 'assets', 'logo.svg'), '<svg/>');
    gateway = await startGatewayOver(new ReplayedCore(), { FRONTEND_PATH: root });
  });
  afterAll(async () => {
    await gateway.close();
    await rm(folder, { recursive: true });
  });

  /** fetch would normalise the path. */
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    new Promise<{ status: number; type: string | undefined; body: string; length: string | undefined }>(
      (resolve, reject) => {
        const sent = request(gateway.url, { path, method, headers }, (response) => {
          let body = '';
          response.on('data', (chunk) => (body += String(chunk)));
          response.on('end', () => {
            const { 'content-type': type, 'content-length': length } = response.headers;
            resolve({ status: response.statusCode ?? 0, type, body, length });
          });
        });
        sent.on('error', reject).end();
      },
    );
  const noSuchRoute = { status: 404, type: 'application/json', body: expect.stringContaining('No such route') };

  it.each([
    ['/', 'text/html; charset=utf-8', PAGE],
    ['/index.html', 'text/html; charset=utf-8', PAGE],
    ['/assets/main.js?v=1', 'application/javascript; charset=utf-8', 'run()'],
    ['/assets/logo.svg', 'image/svg+xml', '<svg/>'],
  ])('serves the file %s as %s to whoever asks', async (path, type, body) => {
    expect(await ask(path, { Accept: '*/*' })).toMatchObject({ status: 200, type, body });
  });

  it('keeps the headers of every answer, tells a file by its ETag, and answers HEAD', async () => {
    const answer = await fetch(`${gateway.url}/assets/main.js`);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await ask('/assets/main.js', { 'If-None-Match': answer.headers.get('etag') ?? '' })).toMatchObject({
      status: 304,
      body: '',
    });
    expect(await ask('/assets/main.js', {}, 'HEAD')).toMatchObject({ status: 200, length: '5', body: '' });
  });

  it.each([
    ['/assets/main.js', {}],
    ['/deployments/7', NAVIGATION],
  ])('tells whoever wants another state of what is served at %s that it has changed', async (path, headers) => {
    const { headers: told } = await fetch(gateway.url + path, { headers });
    const current = { 'If-Match': told.get('etag') ?? '', 'If-Unmodified-Since': told.get('last-modified') ?? '' };
    expect(await ask(path, { ...headers, ...current })).toMatchObject({ status: 200 });
    const stale = { 'If-Match': '"another"', 'If-Unmodified-Since': new Date(0).toUTCString() };
    for (const [name, value] of Object.entries(stale))
      expect(await ask(path, { ...headers, [name]: value })).toMatchObject({
        status: 412,
        type: 'application/json',
        body: '{"error":{"code":"PRECONDITION_FAILED","message":"The file has changed","details":""}}',
      });
  });

  it('does not say of a file that it cannot read that there is none', async () => {
    await symlink('loop', join(root, 'assets', 'loop'));
    expect(await ask('/assets/loop')).toMatchObject({ status: 500, body: expect.stringContaining('incident') });
  });

  it.each(['/deployments/7', '/assets', '/reset-password?token=x', '/missing.js'])(
    'gives a browser that goes to %s the front end, and anybody else a 404',
    async (path) => {
      expect(await ask(path, NAVIGATION)).toMatchObject({ status: 200, type: 'text/html; charset=utf-8', body: PAGE });
      for (const accept of ['*/*', 'text/html;q=0, */*', 'application/json'])
        expect(await ask(path, { Accept: accept })).toMatchObject(noSuchRoute);
      expect(await ask(path)).toMatchObject(noSuchRoute);
    },
  );

  it.each(['/v1/nothing', '/%761/nothing', '/api/anything', '/apps', '/namespace/x', '/docs/nothing', '/metrics/x'])(
    'leaves %s to the API that owns it',
    async (path) => expect((await ask(path, NAVIGATION)).status).toBe(404),
  );

  it('leaves routes and other methods to the API', async () => {
    expect((await ask('/health', NAVIGATION)).body).toContain('"service":"container-engine"');
    expect(await ask('/v1/deployments', NAVIGATION)).toMatchObject({ status: 401 });
    expect(await ask('/', NAVIGATION, 'POST')).toMatchObject(noSuchRoute);
  });

  it.each([
    '/../outside.txt',
    '/..%2foutside.txt',
    '/assets/..%2f..%2foutside.txt',
    '/%2e%2e/outside.txt',
    '/..%5coutside.txt',
    '/.env',
    '/assets/main.js%00',
    '//outside.txt',
  ])('gives nothing away at %s', async (path) => {
    expect((await ask(path)).status).toBe(404);
    expect((await ask(path, NAVIGATION)).body).not.toContain('secret');
  });

  it('is refused at the start when it holds no index.html', async () => {
    await expect(startGatewayOver(new ReplayedCore(), { FRONTEND_PATH: join(root, 'assets') })).rejects.toThrow(
      'holds no index.html',
    );
  });
});
