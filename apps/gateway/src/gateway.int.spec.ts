// The gateway as it runs, over a real broker with the rights of production; the services behind it answer with samples of the contracts.
import {
  awaitApp,
  checkCredential,
  createApp,
  credentialRevoked,
  getApp,
  listApps,
  listFeed,
  operations,
  registerUser,
  stopApp,
  type FeedEvent,
  type FeedReaders,
} from '@slipway/contracts';
import { ALL_READERS, feedSubject, generateSealKeyPair, type Broker } from '@slipway/messaging';
import { AdminServer, createLogger, startService, type RunningService } from '@slipway/runtime';
import { startTestBroker, waitFor, type TestBroker } from '@slipway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { answering, startResponder } from './fixture/responder.js';
import { API_KEY, app, APP_ID, appIn, checked, opened, OTHER_ID, USER_ID } from './fixture/samples.js';
import { gateway as service } from './index.js';

const AUTHORIZED = { Authorization: `Bearer ${API_KEY}`, 'Content-Type': 'application/json' };

const event = (id: number): FeedEvent => ({
  id: String(id),
  previousId: id > 1 ? String(id - 1) : null,
  fact: 'deployments.app.created',
  appId: APP_ID,
  appName: 'shop',
  time: '2026-03-01T10:00:00Z',
  fields: {},
});

describe('the gateway over a real broker', () => {
  let broker: TestBroker;
  let operator: Broker;
  let running: RunningService;
  let url: string;
  let startGateway: () => Promise<RunningService>;
  const responders: RunningService[] = [];
  const lines: string[] = [];
  let releaseAwait: () => void = () => undefined;

  const check = answering(checkCredential, () => checked());
  const register = answering(registerUser, () => opened);
  const create = answering(createApp, () => app);
  const list = answering(listApps, () => ({ apps: [app], total: 1 }));
  const get = answering(getApp, () => app);
  const stop = answering(stopApp, () => appIn('stopping', { stopped: true }));
  const awaited = answering(awaitApp, async () => {
    await new Promise<void>((resolve) => (releaseAwait = resolve));
    return { app: appIn('stopped', { stopped: true }), reached: true };
  });
  const stored: FeedEvent[] = [];
  const feed = answering(listFeed, ({ afterId }) => ({
    events: stored.filter(({ id }) => Number(id) > Number(afterId ?? Infinity)),
    gap: false,
    newestId: stored.at(-1)?.id ?? null,
  }));

  beforeAll(async () => {
    broker = await startTestBroker(operations, createLogger({ level: 'silent' }));
    const services = ['identity', 'deployments', 'notifications'];
    const pairs = services.map((name) => ({ name, ...generateSealKeyPair() }));
    const sealPublicKeys = pairs.map(({ name, publicKey }) => `${name}:${publicKey}`).join(',');
    const answers = [[check, register], [create, list, get, stop, awaited], [feed]];
    for (const [index, { name, privateKey }] of pairs.entries()) {
      const options = { natsUrl: broker.urlOf(name), sealPublicKeys, sealPrivateKeys: privateKey };
      responders.push(await startResponder(name, options, answers[index] ?? []));
    }
    startGateway = async () => {
      const started = await startService(service, {
        env: { NATS_URL: broker.urlOf('gateway'), SEAL_PUBLIC_KEYS: sealPublicKeys, HOST: '127.0.0.1', PORT: '0' },
        adminServer: new AdminServer(),
        logger: createLogger({ destination: { write: (line: string) => void lines.push(line) } }),
        signals: false,
      });
      await started.ready;
      return started;
    };
    running = await startGateway();
    url = running.httpUrl ?? '';
    operator = await broker.connectAs('operator');
  });
  afterAll(async () => {
    await running.close();
    for (const responder of responders) await responder.close();
    await operator.close();
    await broker.stop();
  });

  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body), headers: { ...AUTHORIZED, ...headers } });
  const shop = { app_name: 'shop', image: 'registry.example.org/shop:1', port: 8080 };

  it('sends a command as its caller, under the request id and the key', async () => {
    const answer = await post('/v1/deployments?a=1', shop, { 'X-Request-Id': 'r-1', 'Idempotency-Key': 'k-1' });
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject({ id: APP_ID, app_name: 'shop', status: 'pending' });
    const { envelope, input } = create.received.at(-1) ?? {};
    expect(input).toMatchObject({ name: 'shop', origin: 'container-engine' });
    expect(envelope).toMatchObject({ correlationId: 'r-1', dialect: 'container-engine', actor: checked().actor });
    expect(envelope?.operationId).toMatch(/^[0-9a-f]{64}$/);
    expect(envelope?.requestHash).toMatch(/^[0-9a-f]{64}$/);

    await post('/v1/deployments?a=2', shop, { 'Idempotency-Key': 'k-1' });
    const second = create.received.at(-1)?.envelope;
    expect(second?.operationId).toBe(envelope?.operationId);
    expect(second?.requestHash).not.toBe(envelope?.requestHash);

    await post('/v1/deployments', shop);
    expect(create.received.at(-1)?.envelope.operationId).not.toBe(envelope?.operationId);
    expect(create.received.at(-1)?.envelope.requestHash).toBeUndefined();
  });

  it('S8 seals a password on its way', async () => {
    const user = {
      username: 'kim',
      email: 'kim@example.org',
      password: 'correct horse',
      confirm_password: 'correct horse',
    };
    expect((await post('/v1/auth/register', user)).status).toBe(201);
    expect(register.received.at(-1)?.input).toMatchObject({ username: 'kim', password: 'correct horse' });
    expect(register.received.at(-1)?.envelope.actor).toBeUndefined();
    expect(lines.join('')).not.toContain('correct horse');
  });

  it('S6 closes a socket within a second after the credential behind it is revoked', async () => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/ws/notifications`, { headers: AUTHORIZED });
    const messages: string[] = [];
    socket.on('message', (data: Buffer) => messages.push(data.toString()));
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    await new Promise((resolve) => socket.on('open', resolve));
    operator.connection.publish(feedSubject(USER_ID), JSON.stringify(event(1)));
    await waitFor(() => messages.length === 1);
    expect(JSON.parse(messages[0] ?? '')).toMatchObject({ id: '1', type: 'deployment_created' });
    const asked = check.received.length;
    const before = Date.now();
    operator.connection.publish(
      credentialRevoked.subject,
      JSON.stringify({ userId: USER_ID, credentialIds: [OTHER_ID] }),
    );
    expect(await closed).toBe(1008);
    expect(Date.now() - before).toBeLessThan(1_000);
    await fetch(`${url}/v1/deployments`, { headers: AUTHORIZED });
    expect(check.received.length).toBe(asked + 1);
  });

  it('tells notifications of its readers at once, as another gateway does, with the same text for the same user', async () => {
    const told = new Map<string, FeedReaders>();
    operator.connection.subscribe(ALL_READERS, {
      callback: (_, message) => void told.set(message.subject, message.json<FeedReaders>()),
    });
    await operator.connection.flush();
    const other = await startGateway();
    const stream = await fetch(`${url}/v1/events`, { headers: AUTHORIZED });
    const sockets = await Promise.all(
      [url, other.httpUrl ?? ''].map(async (at) => {
        const socket = new WebSocket(`${at.replace('http', 'ws')}/v1/ws/notifications`, { headers: AUTHORIZED });
        await new Promise((resolve) => socket.on('open', resolve));
        return socket;
      }),
    );
    const before = Date.now();
    const connections = () => [...told.values()].map((one) => one.connections).sort();
    await waitFor(() => connections().join() === '1,2');
    expect(Date.now() - before).toBeLessThan(2_000);
    const [one, two] = [...told.values()].map(({ users }) => users);
    expect(one).toEqual([expect.stringMatching(/^[\w-]{11}$/)]);
    expect(two).toEqual(one);

    await other.close();
    await waitFor(() => connections().join() === '0,2');
    await stream.body?.cancel();
    for (const socket of sockets) socket.terminate();
    await waitFor(() => connections().join() === '0,0');
    expect([...told.values()].map(({ users }) => users)).toEqual([[], []]);
  });

  it('answers 503 at once while the broker is away, and recovers by itself', async () => {
    expect((await fetch(`${url}/v1/deployments`, { headers: AUTHORIZED })).status).toBe(200);
    const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/ws/notifications`, { headers: AUTHORIZED });
    const messages: string[] = [];
    socket.on('message', (data: Buffer) => messages.push(data.toString()));
    await new Promise((resolve) => socket.on('open', resolve));
    await broker.halt();
    stored.push(event(1));
    await waitFor(async () => (await fetch(`${url}/readyz`)).status === 503);
    const before = Date.now();
    const write = await post('/v1/deployments', shop, { 'Idempotency-Key': 'k-2' });
    expect(Date.now() - before).toBeLessThan(500);
    expect(write.status).toBe(503);
    expect(write.headers.get('retry-after')).toBe('2');
    expect(await write.json()).toMatchObject({ error: { code: 'SERVICE_UNAVAILABLE' } });
    expect((await fetch(`${url}/v1/deployments`, { headers: AUTHORIZED })).status).toBe(503);
    expect((await fetch(`${url}/health`)).status).toBe(503);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    await broker.resume();
    await waitFor(async () => (await fetch(`${url}/v1/deployments`, { headers: AUTHORIZED })).status === 200, {
      timeoutMs: 15_000,
    });
    expect((await post('/v1/deployments', shop)).status).toBe(201);
    // Nothing more has happened since: the reader gets what it missed all the same.
    await waitFor(() => messages.length > 0);
    expect(JSON.parse(messages[0] ?? '')).toMatchObject({ id: '1', type: 'deployment_created' });
    socket.terminate();
  });

  it('finishes what runs when it stops, and takes nothing more', async () => {
    const answer = post(`/v1/deployments/${APP_ID}/stop`, {});
    await waitFor(() => awaited.received.length > 0);
    const closing = running.close();
    await waitFor(async () =>
      fetch(`${url}/livez`).then(
        () => false,
        () => true,
      ),
    );
    releaseAwait();
    expect(await (await answer).json()).toEqual({
      id: APP_ID,
      status: 'stopped',
      message: 'Deployment stopped successfully',
    });
    await closing;
  });
});
