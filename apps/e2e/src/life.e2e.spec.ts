// A user's whole life through the API, from registration to the deletion of everything; and then the search for each secret of that life in
// everything that Slipway wrote meanwhile. Broker and database are the test's own, so that what they keep can be read.
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { connect, type NatsConnection } from '@nats-io/transport-node';
import { type NameServer, startNameServer, waitFor } from '@slipway/testing';
import {
  findNatsServer,
  startNatsServer,
  startPostgres,
  type RunningNats,
  type RunningPostgres,
} from '@slipway/testing/backends';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { Canary, filesOf, type Place, rowsOf } from './fixture/canary.js';
import { DeployedApp } from './fixture/deployed-app.js';
import { startInstance, type Instance } from './fixture/instance.js';
import { type MailServer, startMailServer } from './fixture/mail-server.js';
import { patienceMs, testImage } from './fixture/test-cluster.js';
import type { HttpClient } from './http-client.js';
import { isSigned } from './main-job.js';
import { startWebhookReceiver, type WebhookReceiver } from './webhook-receiver.js';

interface Frame {
  readonly id: string;
  readonly type: string;
  readonly test?: boolean;
  readonly data: Record<string, unknown>;
}

interface Feed {
  readonly frames: Frame[];
  readonly close: () => void;
}

const secret = (): string => randomBytes(18).toString('hex');
const AUTH = /^POST \/v1\/auth\/(register|login|refresh)$/;
const VARIABLES = /^(GET|PATCH) \/v1\/deployments\/[^/]+(\/env|\/revisions\/\d+)?$/;

// Of another registry than the image's: the test images are in one that asks nobody.
const registry = { server: 'private.example.org', username: 'kim' };
const canary = new Canary();
const email = 'kim@example.org';
const app_name = 'life';
let password = canary.plant('the first password', secret());
const variable = canary.plant('the variable', secret(), VARIABLES);
const variable2 = canary.plant('the patched variable', secret(), VARIABLES);

let folder: string;
let postgres: RunningPostgres;
let nats: RunningNats;
let names: NameServer;
let mail: MailServer;
let receiver: WebhookReceiver;
let collector: Server;
let traces = '';
let broker: NatsConnection;
// A command leaves its stream, and a row its table, long before the end: what is sent is kept as it passes.
const sent: Place[] = [];
let rowsBefore: Place[];
let instance: Instance;
let anybody: HttpClient;
let session: HttpClient;
let kim: HttpClient;
let app: DeployedApp;
let feed: Feed | undefined;
let webhook: { readonly id: string; secret: string };
let refreshToken: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-life-'));
  mkdirSync(join(folder, 'postgres'));
  collector = createServer((request, response) => {
    void text(request).then((body) => {
      traces += body;
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as AddressInfo;
  [postgres, nats, names, mail, receiver] = await Promise.all([
    startPostgres({ dataDir: join(folder, 'postgres'), fsync: false }),
    findNatsServer().then((binary) => startNatsServer({ binary, dataDir: join(folder, 'nats') })),
    startNameServer(),
    startMailServer(),
    startWebhookReceiver(),
  ]);
  broker = await connect({ servers: nats.url });
  broker.subscribe('>', {
    callback: (_error, { subject, data }) => {
      // A reply tells its owner what he asked for, and is kept nowhere.
      if (!subject.startsWith('_INBOX')) sent.push({ name: subject, text: Buffer.from(data).toString('latin1') });
    },
  });
  instance = await startInstance({
    env: {
      ...mail.env,
      DATABASE_URL: postgres.ownerUrl,
      NATS_URL: nats.url,
      DOMAIN_RESOLVERS: names.address,
      LOG_LEVEL: 'debug',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '200',
    },
  });
  anybody = canary.client(instance.url);
}, 120_000);
afterAll(async () => {
  feed?.close();
  await instance.close();
  await broker.close();
  await Promise.all([nats.stop(), postgres.stop(), names.close(), mail.close(), receiver.close()]);
  collector.closeAllConnections();
  collector.close();
  rmSync(folder, { recursive: true, force: true });
});

function plantTokens(which: string, body: Record<string, unknown>): void {
  // The signature is of this token alone; what precedes it tells only who has it.
  canary.plant(`the access token of ${which}`, String(body.access_token).split('.')[2] ?? '', AUTH);
  canary.plant(`the refresh token of ${which}`, String(body.refresh_token), AUTH);
}

async function makeKey(name: string, scope: string): Promise<{ id: string; client: HttpClient }> {
  const { status, body } = await session.send('POST', '/v1/api-keys', { name, scope });
  expect([status, body.scope]).toEqual([201, scope]);
  const key = String(body.key);
  canary.plant(`the key ${name}`, key.slice(key.lastIndexOf('_') + 1), /^POST \/v1\/api-keys$/);
  return { id: String(body.id), client: anybody.with(key) };
}

async function logIn(): Promise<number> {
  const { status, body } = await anybody.send('POST', '/v1/auth/login', { email, password });
  if (status === 200) {
    plantTokens('a login', body);
    session = anybody.with(String(body.access_token));
  }
  return status;
}

async function listen(client: HttpClient, lastEventId?: string): Promise<Feed> {
  const url = new URL('/v1/ws/notifications', client.url);
  url.protocol = 'ws:';
  if (lastEventId !== undefined) url.searchParams.set('last_event_id', lastEventId);
  const socket = new WebSocket(url, { headers: client.headers });
  const frames: Frame[] = [];
  socket.on('message', (message: Buffer) => {
    canary.heard('a notification', message.toString('utf8'));
    frames.push(JSON.parse(message.toString('utf8')) as Frame);
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return { frames, close: () => socket.terminate() };
}

const heard = (type: string, fits: (data: Record<string, unknown>) => boolean = () => true): Promise<Frame> =>
  waitFor(() => feed?.frames.find((frame) => frame.type === type && fits(frame.data)), { timeoutMs: patienceMs });

const posted = (type: string, at = 0) =>
  waitFor(() => receiver.received.filter(({ body }) => body.type === type)[at], { timeoutMs: patienceMs });

describe("a user's life", () => {
  it('begins with an account, a profile, and keys of which one only reads', async () => {
    const account = { username: 'kim', email, password, confirm_password: password };
    const { status, body } = await anybody.send('POST', '/v1/auth/register', account);
    expect([status, body]).toMatchObject([201, { username: 'kim', email, status: 'active' }]);
    plantTokens('the registration', body);
    refreshToken = String(body.refresh_token);
    session = anybody.with(String(body.access_token));

    ({ client: kim } = await makeKey('ci', 'full'));
    const reader = await makeKey('dashboard', 'read');
    expect((await reader.client.send('GET', '/v1/user/profile')).body).toMatchObject({ email, api_key_count: 2 });
    expect(await reader.client.send('PUT', '/v1/user/profile', { username: 'kimberly' })).toMatchObject({
      status: 403,
      body: { error: { message: 'API key is read-only' } },
    });
    expect((await session.send('PUT', '/v1/user/profile', { username: 'kimberly' })).status).toBe(200);
    expect((await session.send('DELETE', `/v1/api-keys/${reader.id}`)).status).toBe(200);
    expect((await reader.client.send('GET', '/v1/user/profile')).status).toBe(401);
  }, 60_000);

  it('goes on with a webhook, a socket, and a deployment with registry credentials and variables', async () => {
    feed = await listen(kim);
    const given = canary.plant('the first webhook secret', secret(), /^POST \/v1\/webhooks$/);
    const hook = { name: 'ops', url: receiver.url, events: ['all'], secret: given };
    const { status, body } = await kim.send('POST', '/v1/webhooks', hook);
    expect([status, body.secret]).toEqual([201, given]);
    webhook = { id: String(body.id), secret: given };
    expect((await kim.send('POST', `/v1/webhooks/${webhook.id}/test`)).body).toMatchObject({
      success: true,
      status_code: 204,
    });

    app = await DeployedApp.create(kim, {
      app_name,
      image: testImage('web'),
      replicas: 2,
      env_vars: { TOKEN: variable, KEPT: '1' },
      registry_auth: { ...registry, password: canary.plant('the registry password', secret()) },
    });
    await app.until({ status: 'running', ready_replicas: 2, health: 'healthy' });
    expect((await app.send('GET')).body).toMatchObject({ env_vars: { TOKEN: variable }, registry_auth: registry });
    await heard('deployment_status_changed', ({ status: to }) => to === 'running');
    const completed = await posted('deployment_completed');
    expect(completed.body).toMatchObject({ deployment_id: app.id, app_name });
    expect(isSigned(completed, webhook.secret)).toBe(true);
  }, 240_000);

  it('looks at pods, logs and measures', async () => {
    const { pods } = (await app.send('GET', '/pods')).body as { pods: { name: string }[] };
    expect(pods).toHaveLength(2);
    for (const path of ['/logs?tail=5', `/pods/${pods[0]?.name}/logs?tail=5`]) {
      await waitFor(async () => ((await app.send('GET', path)).body.logs as unknown[]).length > 0, {
        timeoutMs: patienceMs,
      });
    }
    expect((await app.send('GET', '/metrics')).body).toHaveProperty('metrics');
  }, 120_000);

  it('changes variables and image, fails with an image that is missing, and goes back', async () => {
    const patched = await app.send('PATCH', '/env', { env_vars: { KEPT: null, MORE: variable2 } });
    expect(patched.body).toMatchObject({ revision: 2, updated_env_vars: { TOKEN: variable, MORE: variable2 } });
    await app.until({ status: 'running', revision: 2 });
    const next = { ...registry, password: canary.plant('the next registry password', secret()) };
    await app.send('PUT', '', { image: testImage('web', '2'), registry_auth: next });
    await app.until({ status: 'running', revision: 3, image: testImage('web', '2') });

    await app.send('PUT', '', { image: testImage('missing') });
    const failed = await app.until({ status: 'failed', reason: 'ImagePullBackOff' });
    expect(failed.ready_replicas).toBe(2);
    await heard('deployment_status_changed', ({ status }) => status === 'failed');
    await posted('deployment_failed');

    const back = await app.send('POST', '/rollback', { revision: 1 });
    expect(back.body).toMatchObject({ revision: 5, rolled_back_to: 1, message: 'Rollback to revision 1 in progress' });
    await app.until({ status: 'running', revision: 5, image: testImage('web'), ready_replicas: 2 });
    expect((await app.send('GET', '/env')).body).toMatchObject({ env_vars: { TOKEN: variable, KEPT: '1' } });
    const { revisions, pagination } = (await app.send('GET', '/revisions')).body as {
      revisions: { revision: number; cause: string; current: boolean; deployed_at: string | null }[];
      pagination: unknown;
    };
    expect(pagination).toEqual({ page: 1, limit: 10, total: 5, total_pages: 1 });
    expect(
      revisions.map(({ revision, cause, current, deployed_at }) => [revision, cause, current, deployed_at !== null]),
    ).toEqual([
      [5, 'rollback', true, true],
      [4, 'update', false, false],
      [3, 'update', false, true],
      [2, 'env', false, true],
      [1, 'create', false, true],
    ]);
    expect((await app.send('GET', '/revisions/2')).body).toMatchObject({
      image: testImage('web'),
      cause: 'env',
      current: false,
      env_vars: { TOKEN: variable, MORE: variable2 },
    });
  }, 360_000);

  it('restarts without a revision, scales, stops and starts', async () => {
    const restarted = await app.send('POST', '/restart');
    expect(restarted.body).toEqual({ id: app.id, status: 'updating', message: 'Deployment restart in progress' });
    await app.until({ status: 'running', ready_replicas: 2, revision: 5 });
    await app.send('PATCH', '/scale', { replicas: 1 });
    await app.until({ status: 'running', ready_replicas: 1 });
    await heard('deployment_scaled', (data) => data.new_replicas === 1);
    await app.send('POST', '/stop');
    await app.until({ status: 'stopped' });
    await app.send('POST', '/start');
    await app.until({ status: 'running', ready_replicas: 1 });
  }, 240_000);

  it('proves a domain', async () => {
    const added = await kim.send('POST', `${app.path}/domains`, { domain: 'life.example.net' });
    expect([added.status, added.body]).toMatchObject([201, { status: 'pending' }]);
    const { name, value } = added.body.verification as { name: string; value: string };
    names.records.set(name, [value]);
    const verified = await app.send('POST', `/domains/${String(added.body.id)}/verify`);
    expect(verified.body).toMatchObject({ domain: 'life.example.net', status: 'verified' });
    await posted('deployment_domain_verified');
  }, 60_000);

  it('misses no event while its socket was away, neither on the next nor as server-sent events', async () => {
    const { id: last } = await waitFor(() => feed?.frames.at(-1));
    feed?.close();
    await kim.send('GET', '/v1/notifications/test');
    await app.send('PATCH', '/scale', { replicas: 2 });
    feed = await listen(kim, last);
    const scaled = await heard('deployment_scaled', ({ new_replicas }) => new_replicas === 2);
    expect(feed.frames.some(({ test }) => test === true)).toBe(true);
    expect(feed.frames.some(({ id, type }) => id === last || type === 'replay_gap')).toBe(false);

    const ending = new AbortController();
    const { body } = await fetch(new URL(`/v1/events?types=deployment_scaled&last_event_id=${last}`, kim.url), {
      headers: kim.headers,
      signal: ending.signal,
    });
    let events = '';
    for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      events += chunk;
      if (events.includes('"new_replicas":2')) break;
    }
    ending.abort();
    canary.heard('GET /v1/events', events);
    expect(events).toContain(`id: ${scaled.id}\n`);
  }, 120_000);

  it('has a delivery sent again, and new secrets sign beside the old', async () => {
    const path = `/v1/webhooks/${webhook.id}`;
    expect((await kim.send('GET', '/v1/webhooks')).body).toMatchObject({ webhooks: [{ id: webhook.id }], total: 1 });
    const listed = await kim.send('GET', `${path}/deliveries?status=delivered&limit=100`);
    const deliveries = listed.body.deliveries as { id: string; event_id: string; type: string }[];
    const failed = deliveries.find(({ type }) => type === 'deployment_failed');
    const rotated = await kim.send('POST', `${path}/rotate-secret`);
    const next = String(rotated.body.secret);
    canary.plant('the rotated webhook secret', next.replace('whsec_', ''), /rotate-secret$/);

    expect((await kim.send('POST', `${path}/deliveries/${failed?.id}/replay`)).status).toBe(202);
    const again = await posted('deployment_failed', 1);
    const first = await posted('deployment_failed');
    expect([again.headers['webhook-id'], again.body]).toEqual([failed?.event_id, first.body]);
    expect([isSigned(again, webhook.secret), isSigned(again, next)]).toEqual([true, true]);
    expect((await kim.send('GET', `${path}/deliveries/${failed?.id}`)).body).toHaveProperty('attempt_log');
  }, 60_000);

  it('changes its password, forgets it, gets another by mail, and logs out', async () => {
    expect((await anybody.send('POST', '/v1/auth/refresh', { refresh_token: refreshToken })).status).toBe(200);
    const old = session;
    expect(await logIn()).toBe(200);
    const changed = canary.plant('the changed password', secret());
    const change = { current_password: password, new_password: changed, confirm_new_password: changed };
    expect((await session.send('PUT', '/v1/user/password', change)).status).toBe(200);
    expect((await session.send('GET', '/v1/user/profile')).status).toBe(200);
    expect((await old.send('GET', '/v1/user/profile')).status).toBe(401);
    expect((await anybody.send('POST', '/v1/auth/refresh', { refresh_token: refreshToken })).status).toBe(401);

    await anybody.send('POST', '/v1/auth/forgot-password', { email });
    const letter = await waitFor(() => mail.mails.find(({ to, text: it }) => to === email && it.includes('?token=')));
    const token = canary.plant('the reset token', /\?token=([A-Za-z0-9_-]{43})\s/.exec(letter.text)?.[1] ?? '');
    expect(await logIn()).toBe(401);
    password = canary.plant('the reset password', secret());
    const reset = { token, new_password: password };
    expect((await anybody.send('POST', '/v1/auth/reset-password', reset)).status).toBe(200);
    expect((await session.send('GET', '/v1/user/profile')).status).toBe(401);
    expect(await logIn()).toBe(200);
    expect((await session.send('POST', '/v1/auth/logout')).status).toBe(200);
    expect((await session.send('GET', '/v1/user/profile')).status).toBe(401);
    expect((await kim.send('GET', '/v1/user/profile')).status).toBe(200);
  }, 60_000);

  it('ends with the deletion of everything', async () => {
    rowsBefore = await rowsOf(postgres.ownerUrl);
    const { domains } = (await app.send('GET', '/domains')).body as { domains: { id: string }[] };
    for (const { id } of domains) await app.send('DELETE', `/domains/${id}`);
    await app.send('DELETE');
    expect((await kim.send('GET', app.path)).status).toBe(404);
    await heard('deployment_deleted');
    await posted('deployment_deleted');
    expect((await kim.send('DELETE', `/v1/webhooks/${webhook.id}`)).status).toBe(200);
    const { api_keys: keys } = (await kim.send('GET', '/v1/api-keys')).body as { api_keys: { id: string }[] };
    for (const { id } of keys) expect((await kim.send('DELETE', `/v1/api-keys/${id}`)).status).toBe(200);
    expect((await kim.send('GET', '/v1/user/profile')).status).toBe(401);
  }, 120_000);

  it('leaves none of its secrets in a log, a trace, a table, a stream, or an answer that may not show it', async () => {
    for (const { text: body } of receiver.received) canary.heard('a webhook', body);
    const rows = [...rowsBefore, ...(await rowsOf(postgres.ownerUrl))];
    const log = filesOf(instance.dataDir).filter(({ name }) => name.endsWith('.log'));
    const terminal = [{ name: 'the terminal', text: instance.output() }];
    await nats.stop();
    const streams = filesOf(join(folder, 'nats'));
    const tracing = [{ name: 'the traces', text: traces }];
    // What is no secret shows that each place was really searched.
    for (const [places, told] of [
      [rows, app.id],
      [log, app.id],
      [terminal, instance.url],
      [streams, app.id],
      [sent.filter(({ name }) => name.startsWith('cmd.')), app.id],
      [tracing, '/v1/deployments'],
    ] as const) {
      expect(places.some((place) => place.text.includes(told))).toBe(true);
    }
    expect(canary.leaks([...rows, ...log, ...terminal, ...streams, ...sent, ...tracing])).toEqual([]);
  }, 60_000);
});
