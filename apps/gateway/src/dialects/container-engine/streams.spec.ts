import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';

import {
  checkCredential,
  credentialRevoked,
  followLines,
  getApp,
  listFeed,
  listLines,
  operations,
  problem,
  type FeedEvent,
  type LogLine,
} from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import { waitFor } from '@slipway/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';

import { declaredRoutesOf } from '../../core/declared-routes.js';
import { ReplayedCore } from '../../fixture/replayed-core.js';
import { API_KEY, app, APP_ID, checked, OTHER_ID, USER_ID } from '../../fixture/samples.js';
import { startGatewayOver, type TestGateway } from '../../fixture/test-gateway.js';
import { ContainerEngineModule } from './container-engine.module.js';

const FEED = `feed.${USER_ID}`;
const LOGS = `log.ce-shop-7c9e6679.shop.*.*`;
const LEASE = { leaseId: OTHER_ID, renewWithinMs: 60_000, subject: LOGS };

const event = (id: number, fields: Record<string, unknown> = { old: 1, new: 2 }): FeedEvent => ({
  id: String(id),
  previousId: id > 1 ? String(id - 1) : null,
  fact: 'deployments.app.scaled',
  appId: APP_ID,
  appName: 'shop',
  time: '2026-03-01T10:00:00Z',
  fields,
});
const line = (second: number, message = `line ${second}`): LogLine => ({
  time: `2026-03-01T10:00:${String(second).padStart(2, '0')}.000000001Z`,
  pod: 'shop-1',
  container: 'app',
  source: 'app',
  level: 'info',
  message,
});

describe('streams', () => {
  let core: ReplayedCore;
  let gateway: TestGateway;
  let stored: FeedEvent[];
  const clients: WebSocket[] = [];

  beforeEach(async () => {
    core = new ReplayedCore();
    stored = [];
    for (const operation of operations) core.refuses(operation, problem.invalid('request', 'empty'));
    core
      .answers(checkCredential, () => checked())
      .answers(listFeed, ({ afterId }) => {
        const newestId = stored.at(-1)?.id ?? null;
        if (afterId === undefined) return { events: [], gap: false, newestId };
        const events = stored.filter(({ id }) => Number(id) > Number(afterId));
        const [first] = events;
        const gap = first ? Number(first.id) !== Number(afterId) + 1 : afterId !== (newestId ?? '0');
        return { events, gap, newestId };
      })
      .answers(getApp, () => app)
      .answers(followLines, () => LEASE)
      .answers(listLines, () => ({ lines: [line(1), line(2)] }));
    gateway = await startGatewayOver(core, { CORS_ORIGINS: 'https://panel.example.org' });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.terminate();
    await gateway.close();
  });

  interface Client {
    readonly socket: WebSocket;
    readonly messages: string[];
    /** The close code, or the refusal before the upgrade as `<status> <body>`. */
    readonly ended: Promise<number | string>;
    readonly opened: Promise<void>;
  }

  function open(path: string, options: { key?: string | null; headers?: Record<string, string> } = {}): Client {
    const { key = API_KEY, headers = {} } = options;
    const credentials = key === null ? {} : { Authorization: `Bearer ${key}` };
    const url = `${gateway.url.replace('http', 'ws')}${path}`;
    const socket = new WebSocket(url, { headers: { ...credentials, ...headers } });
    clients.push(socket);
    const messages: string[] = [];
    socket.on('message', (data: Buffer) => messages.push(data.toString()));
    socket.on('error', () => undefined);
    const ended = new Promise<number | string>((resolve) => {
      socket.on('close', (code) => resolve(code));
      socket.on('unexpected-response', (_, response) => {
        let body = '';
        response.on('data', (chunk) => (body += String(chunk)));
        response.on('end', () => resolve(`${response.statusCode} ${body}`));
      });
    });
    const opened = new Promise<void>((resolve) => socket.on('open', () => resolve()));
    return { socket, messages, ended, opened };
  }

  /** An answer over HTTP that stays open. */
  async function listen(path: string, headers: Record<string, string> = {}) {
    const answer = await fetch(`${gateway.url}${path}`, {
      headers: { Authorization: `Bearer ${API_KEY}`, ...headers },
    });
    const read = { text: '', ended: false };
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    void (async () => {
      for (;;) {
        const chunk = await reader?.read().catch(() => ({ done: true, value: undefined }));
        if (!chunk || chunk.done) break;
        read.text += chunk.value ?? '';
      }
      read.ended = true;
    })();
    return { answer, read, stop: () => void reader?.cancel() };
  }

  /** The credential ends while a stream is prepared, before the services have answered. */
  function revokeMeanwhile(): void {
    core.refuses(checkCredential, problem.unauthenticated('credential', 'It was revoked.'));
    core.emit(credentialRevoked.subject, { userId: USER_ID, credentialIds: [OTHER_ID] });
  }
  function revokeWhileFeedOpens(): void {
    // The gateway's own question, by which it knows that notifications is there, has no actor.
    core.answers(listFeed, (_, { actor }) => {
      if (actor) revokeMeanwhile();
      return { events: [], gap: false, newestId: null };
    });
  }

  /** Resolves what is held until it is called. */
  function hold(): { readonly held: Promise<void>; readonly release: () => void } {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    return { held, release };
  }

  /** An upgrade that is under way. `cut` resolves when the gateway has seen that the client is gone. */
  async function upgrading(path: string): Promise<{ readonly cut: () => Promise<void> }> {
    const upgrade = once(gateway.app.getHttpServer(), 'upgrade') as Promise<[IncomingMessage, Socket]>;
    const client = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    client.on('error', () => undefined);
    const head = [
      `GET ${path} HTTP/1.1`,
      'Host: x',
      `Authorization: Bearer ${API_KEY}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ];
    client.write(`${head.join('\r\n')}\r\n\r\n`);
    const [, socket] = await upgrade;
    return {
      cut: async () => {
        // Which its error comes before.
        const closed = new Promise((resolve) => socket.once('close', resolve));
        client.resetAndDestroy();
        await closed;
      },
    };
  }

  it.each([
    ['/v1/ws/notifications', FEED, listFeed, { events: [], gap: false, newestId: null }],
    [`/v1/deployments/${APP_ID}/logs/stream`, LOGS, listLines, { lines: [] }],
  ] as const)(
    'leave nothing behind when their client goes while they are opened: %s',
    async (path, subject, asked, answer) => {
      const { held, release } = hold();
      core.answers<object, object>(asked, async () => {
        await held;
        return answer;
      });
      const { cut } = await upgrading(path);
      await waitFor(() => core.listenersOf(subject) === 1);
      await cut();
      release();
      await waitFor(() => core.listenersOf(subject) === 0);
      expect(gateway.lines.join('')).not.toContain('a request failed');
    },
  );

  it('keep no room for clients that go before they are let in', async () => {
    const { held, release } = hold();
    core.answers(checkCredential, async () => {
      await held;
      return checked();
    });
    const comers: { readonly cut: () => Promise<void> }[] = [];
    for (let count = 0; count < 50; count += 1) comers.push(await upgrading('/v1/ws/notifications'));
    await Promise.all(comers.map(({ cut }) => cut()));
    release();
    await open('/v1/ws/notifications').opened;
  });

  describe('of events', () => {
    const PATH = '/v1/events';
    const idsIn = (text: string): string[] => [...text.matchAll(/^id: (.*)$/gm)].map(([, id = '']) => id);

    it('send each event once, as the frame of the sockets under its id and type', async () => {
      const socket = open('/v1/ws/notifications');
      await socket.opened;
      const { answer, read, stop } = await listen(PATH);
      expect(answer.headers.get('content-type')).toBe('text/event-stream');
      expect(answer.headers.get('cache-control')).toBe('no-store');
      for (const id of [1, 1, 2]) core.emit(FEED, event(id));
      await vi.waitFor(() => expect(idsIn(read.text)).toEqual(['1', '2']));
      const [first = '', second = ''] = socket.messages;
      expect(read.text).toBe(
        `retry: 2000\n\nid: 1\nevent: deployment_scaled\ndata: ${first}\n\nid: 2\nevent: deployment_scaled\ndata: ${second}\n\n`,
      );
      stop();
      socket.socket.terminate();
      await vi.waitFor(() => expect(core.listenersOf(FEED)).toBe(0));
    });

    it('resume after the id of the header, or else after that of the query', async () => {
      stored.push(event(1), event(2), event(3));
      const byQuery = await listen(`${PATH}?last_event_id=1`);
      await vi.waitFor(() => expect(idsIn(byQuery.read.text)).toEqual(['2', '3']));
      const byHeader = await listen(`${PATH}?last_event_id=1`, { 'Last-Event-ID': '2' });
      core.emit(FEED, event(4));
      await vi.waitFor(() => expect(idsIn(byHeader.read.text)).toEqual(['3', '4']));
      for (const { stop } of [byQuery, byHeader]) stop();
    });

    it('tell a gap first, whatever the filter, and leave the last id alone', async () => {
      stored.push(event(7));
      const { read, stop } = await listen(`${PATH}?last_event_id=0&types=deployment_deleted`);
      await vi.waitFor(() =>
        expect(read.text).toMatch(/^retry: 2000\n\nevent: replay_gap\ndata: \{"id":null,"type":"replay_gap",.*\}\n\n$/),
      );
      stop();
    });

    it('give one deployment and some types alone where the query names them', async () => {
      const of = (id: number, more: Partial<FeedEvent>) => core.emit(FEED, { ...event(id), ...more });
      const one = await listen(`${PATH}?deployment_id=${APP_ID.toUpperCase()}`);
      const some = await listen(`${PATH}?types=deployment_created,deployment_deleted`);
      of(1, { appId: OTHER_ID });
      of(2, { fact: 'deployments.app.deleted' });
      of(3, { fact: 'deployments.app.created', appId: OTHER_ID });
      of(4, {});
      await vi.waitFor(() => expect(idsIn(one.read.text)).toEqual(['2', '4']));
      await vi.waitFor(() => expect(idsIn(some.read.text)).toEqual(['2', '3']));
      for (const { stop } of [one, some]) stop();
    });

    it.each([
      ['deployment_id=7', 'deployment_id: must be a UUID'],
      ['types=deployment_created,exploded', 'types: must be one of deployment_created, deployment_status_changed, '],
    ])('are refused for a filter that is none: %s', async (query, details) => {
      const { answer, read } = await listen(`${PATH}?${query}`);
      expect(answer.status).toBe(400);
      await vi.waitFor(() => expect(read.ended).toBe(true));
      expect(read.text).toContain('"message":"Invalid query parameter"');
      expect(read.text).toContain(details);
    });

    it('end when their reader is too slow, who comes again and misses nothing', async () => {
      const stalled = await new Promise<IncomingMessage>((resolve, reject) => {
        const headers = { Authorization: `Bearer ${API_KEY}` };
        request(`${gateway.url}${PATH}`, { headers }, resolve).on('error', reject).end();
      });
      stalled.pause().on('error', () => undefined);
      const filler = 'x'.repeat(256 * 1024);
      for (let id = 1; id <= 40; id += 1) {
        const next = event(id, { old: 1, new: filler });
        stored.push(next);
        core.emit(FEED, next);
      }
      await vi.waitFor(() => expect(core.listenersOf(FEED)).toBe(0), { timeout: 10_000 });
      const { read, stop } = await listen(PATH, { 'Last-Event-ID': '0' });
      await waitFor(() => /id: 40\n.*\n.*\n\n$/.test(read.text));
      expect(idsIn(read.text)).toEqual(stored.map(({ id }) => id));
      expect(read.ended).toBe(false);
      stop();
    });

    it('have a comment after 25 s of silence', async () => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
      try {
        const { read, stop } = await listen(PATH);
        await waitFor(() => read.text === 'retry: 2000\n\n');
        await vi.advanceTimersByTimeAsync(24_999);
        core.emit(FEED, event(1));
        await waitFor(() => idsIn(read.text).join() === '1');
        const { text } = read;
        await vi.advanceTimersByTimeAsync(24_999);
        expect(read.text).toBe(text);
        await vi.advanceTimersByTimeAsync(1);
        await waitFor(() => read.text === `${text}:\n\n`);
        stop();
      } finally {
        vi.useRealTimers();
      }
    });

    /** A reader who has more to take than anybody keeps for it, and takes nothing. */
    async function stalledReader(): Promise<void> {
      const filler = 'x'.repeat(256 * 1024);
      for (let id = 1; id <= 40; id += 1) stored.push(event(id, { old: 1, new: filler }));
      const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1').pause();
      socket.on('error', () => undefined);
      const head = `GET ${PATH}?last_event_id=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${API_KEY}`;
      socket.write(`${head}\r\n\r\n`);
      await waitFor(() => core.asked.some(({ input }) => (input as { afterId?: string }).afterId === '0'));
    }

    it('are cut when the credential is revoked and their reader takes nothing', async () => {
      await stalledReader();
      core.emit(credentialRevoked.subject, { userId: USER_ID, credentialIds: [OTHER_ID] });
      await waitFor(() => core.listenersOf(FEED) === 0, { timeoutMs: 5_000 });
    });

    it('keep no gateway from stopping when their reader takes nothing', async () => {
      await stalledReader();
      const before = performance.now();
      await gateway.close();
      expect(performance.now() - before).toBeLessThan(5_000);
    });

    it('are refused in the order of all routes, and count no reader that was', async () => {
      core.refuses(listFeed, problem.unavailable('service', 'away'));
      for (let count = 0; count < 51; count += 1) expect((await listen(PATH)).answer.status).toBe(503);
      expect((await listen(PATH, { Authorization: 'Bearer nothing' })).answer.status).toBe(401);
    });

    it('have headers alone for HEAD', async () => {
      const headers = { Authorization: `Bearer ${API_KEY}` };
      const answer = await fetch(`${gateway.url}${PATH}`, { method: 'HEAD', headers });
      expect(answer.headers.get('content-type')).toBe('text/event-stream');
      await vi.waitFor(() => expect(core.listenersOf(FEED)).toBe(0));
    });

    it('take a token in the query', async () => {
      const answer = await fetch(`${gateway.url}${PATH}?token=${API_KEY}`);
      expect(answer.status).toBe(200);
      expect(gateway.lines.join('')).not.toContain(API_KEY);
      await answer.body?.cancel();
    });

    it('are cut, not mixed with another answer, when their reader sends what is no HTTP', async () => {
      const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
      let text = '';
      socket.on('data', (chunk) => (text += String(chunk)));
      const closed = new Promise((resolve) => socket.on('close', resolve));
      socket.write(`GET ${PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${API_KEY}\r\n\r\n`);
      await vi.waitFor(() => expect(text).toContain('retry: 2000'));
      socket.write('no http at all\r\n\r\n');
      await closed;
      expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
      await vi.waitFor(() => expect(core.listenersOf(FEED)).toBe(0));
    });

    it('end at once when they begin while the gateway stops', async () => {
      const { held, release } = hold();
      let isAsked = false;
      core.answers(checkCredential, async () => {
        isAsked = true;
        await held;
        return checked();
      });
      const coming = listen(PATH);
      await waitFor(() => isAsked);
      const closing = gateway.close();
      await waitFor(() => core.listenersOf(credentialRevoked.subject) === 0);
      release();
      const { read } = await coming;
      await waitFor(() => read.ended);
      await closing;
    });

    it('end when the credential was revoked while they were opened', async () => {
      revokeWhileFeedOpens();
      const { read } = await listen(PATH);
      await vi.waitFor(() => expect(read.ended).toBe(true));
    });

    it('end when the credential is revoked', async () => {
      const { read } = await listen(PATH);
      core.emit(credentialRevoked.subject, { userId: USER_ID, credentialIds: [OTHER_ID] });
      await vi.waitFor(() => expect(read.ended).toBe(true));
    });
  });

  describe('of notifications', () => {
    const PATH = '/v1/ws/notifications';

    it('send each event once, in the documented form, to every socket of the user', async () => {
      const [one, two] = [open(PATH), open(PATH)];
      await Promise.all([one.opened, two.opened]);
      core.emit(FEED, event(1));
      core.emit(FEED, event(1));
      core.emit(FEED, event(2));
      await vi.waitFor(() => expect(two.messages).toHaveLength(2));
      expect(one.messages).toEqual(two.messages);
      expect(JSON.parse(one.messages[0] ?? '')).toMatchObject({
        id: '1',
        type: 'deployment_scaled',
        deployment_id: APP_ID,
      });
      expect(core.listenersOf(FEED)).toBe(1);
    });

    it('resume after the last event that was seen', async () => {
      stored.push(event(1), event(2), event(3));
      const client = open(`${PATH}?last_event_id=1`);
      await client.opened;
      core.emit(FEED, event(4));
      await vi.waitFor(() => expect(client.messages.map((text) => JSON.parse(text).id)).toEqual(['2', '3', '4']));
    });

    it('tell a gap first', async () => {
      stored.push(event(7));
      const client = open(`${PATH}?last_event_id=0`);
      await vi.waitFor(() => expect(client.messages).toHaveLength(2));
      expect(client.messages[0]).toMatch(
        /^\{"id":null,"type":"replay_gap","deployment_id":null,"timestamp":"[^"]+","data":\{\}\}$/,
      );
      const unknown = open(`${PATH}?last_event_id=${'9'.repeat(30)}`);
      await vi.waitFor(() => expect(unknown.messages[0]).toContain('replay_gap'));
    });

    it('stop listening when the last reader has gone', async () => {
      const client = open(PATH);
      await client.opened;
      client.socket.close();
      await client.ended;
      await vi.waitFor(() => expect(core.listenersOf(FEED)).toBe(0));
    });

    it('are refused over HTTP, in the order of all routes', async () => {
      const missing = '{"error":{"code":"AUTHENTICATION_ERROR","message":"Missing authorization header","details":""}}';
      expect(await open(PATH, { key: null }).ended).toBe(`401 ${missing}`);
      expect(await open(PATH, { headers: { Origin: 'https://evil.example' } }).ended).toMatch(
        /^403 \{"error":\{"code":"FORBIDDEN"/,
      );
      expect(await open('/v1/ws/nothing').ended).toMatch(
        /^404 \{"error":\{"code":"NOT_FOUND","message":"No such route"/,
      );
      core.refuses(listFeed, problem.unavailable('service', 'away'));
      expect(await open(PATH).ended).toMatch(/^503 /);
    });

    it('admit a listed page, and a token in the query that no log shows', async () => {
      const client = open(`${PATH}?token=Bearer%20${API_KEY}`, {
        key: null,
        headers: { Origin: 'https://panel.example.org' },
      });
      await client.opened;
      expect(gateway.lines.join('')).not.toContain(API_KEY);
      expect(gateway.lines.join('')).toContain('websocket opened');
    });

    it('admit fifty sockets of a user', async () => {
      const opened = Array.from({ length: 50 }, () => open(PATH));
      await Promise.all(opened.map((client) => client.opened));
      expect(await open(PATH).ended).toMatch(/^429 \{"error":\{"code":"RATE_LIMITED"/);
      opened[0]?.socket.close();
      await opened[0]?.ended;
      await vi.waitFor(async () => {
        const again = open(PATH);
        await Promise.race([again.opened, again.ended]);
        expect(again.socket.readyState).toBe(WebSocket.OPEN);
      });
    });

    it('admit no more of them when they come at once', async () => {
      // The feed answers when every one of them has been admitted to it or refused.
      let decided = 0;
      let release = (): void => undefined;
      const allDecided = new Promise<void>((resolve) => (release = resolve));
      const decide = (): void => void (++decided === 60 && release());
      core.answers(listFeed, async () => {
        decide();
        await allDecided;
        return { events: [], gap: false, newestId: null };
      });
      const coming = Array.from({ length: 60 }, () => open(PATH));
      for (const { ended } of coming) void ended.then(decide);
      await Promise.all(coming.map((client) => Promise.race([client.opened, client.ended])));
      expect(coming.filter(({ socket }) => socket.readyState === WebSocket.OPEN)).toHaveLength(50);
    });

    it('forget the room of those that were refused', async () => {
      core.refuses(listFeed, problem.unavailable('service', 'away'));
      for (let index = 0; index < 51; index += 1) expect(await open(PATH).ended).toMatch(/^503 /);
    });

    it('end with 1008 when the credential is revoked, and only then', async () => {
      const client = open(PATH);
      await client.opened;
      core.emit(credentialRevoked.subject, { userId: USER_ID, credentialIds: [APP_ID] });
      core.emit(credentialRevoked.subject, { userId: APP_ID, credentialIds: [] });
      expect(client.socket.readyState).toBe(WebSocket.OPEN);
      core.emit(credentialRevoked.subject, { userId: USER_ID, credentialIds: [OTHER_ID] });
      expect(await client.ended).toBe(1008);
    });

    it('end with 1001 when they are opened while the gateway stops', async () => {
      const { held, release } = hold();
      core.answers(listFeed, async () => {
        await held;
        return { events: [], gap: false, newestId: null };
      });
      const client = open(PATH);
      await waitFor(() => core.listenersOf(FEED) === 1);
      const closing = gateway.close();
      await waitFor(() => core.listenersOf(FEED) === 0);
      release();
      expect(await client.ended).toBe(1001);
      await closing;
    });

    it('end with 1008 when the credential was revoked while they were opened', async () => {
      revokeWhileFeedOpens();
      const client = open(PATH);
      expect(await client.ended).toBe(1008);
      await vi.waitFor(() => expect(core.listenersOf(FEED)).toBe(0));
    });

    it('send nothing of what happens after the credential was revoked, to a reader who takes its time to go', async () => {
      const client = open(PATH);
      await client.opened;
      client.socket.pause();
      core.emit(FEED, event(1));
      core.emit(credentialRevoked.subject, { userId: USER_ID, credentialIds: [OTHER_ID] });
      core.emit(FEED, event(2));
      client.socket.resume();
      expect(await client.ended).toBe(1008);
      expect(client.messages.map((text) => (JSON.parse(text) as { id: string }).id)).toEqual(['1']);
    });

    it('end with 1008 when the credential expires', async () => {
      core.answers(checkCredential, () => ({ ...checked(), expiresAt: new Date(Date.now() + 300).toISOString() }));
      expect(await open(PATH).ended).toBe(1008);
    });

    it('end with 1009 when a frame is too large, and ignore smaller ones', async () => {
      const client = open(PATH);
      await client.opened;
      client.socket.send('hello');
      client.socket.send('x'.repeat(64 * 1024 + 1));
      expect(await client.ended).toBe(1009);
    });

    it('end with 1013 when their reader is too slow, who comes again and misses nothing', async () => {
      const slow = open(PATH);
      await slow.opened;
      slow.socket.pause();
      const filler = 'x'.repeat(256 * 1024);
      for (let id = 1; id <= 40; id += 1) {
        const next = event(id, { old: 1, new: filler });
        stored.push(next);
        core.emit(FEED, next);
      }
      slow.socket.resume();
      expect(await slow.ended).toBe(1013);
      const idOf = (text: string): string => (JSON.parse(text) as { id: string }).id;
      const seen = slow.messages.map(idOf);
      expect(seen.length).toBeLessThan(stored.length);
      const client = open(`${PATH}?last_event_id=${seen.at(-1) ?? '0'}`);
      await waitFor(() => client.messages.map(idOf).at(-1) === '40');
      seen.push(...client.messages.map(idOf));
      expect(seen).toEqual(stored.map(({ id }) => id));
    });

    it('are asked every 30 s whether anybody is there, and end when two questions stay without an answer', async () => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
      const other = await startGatewayOver(core);
      try {
        const clients = [true, false].map((autoPong) => {
          const headers = { Authorization: `Bearer ${API_KEY}` };
          const socket = new WebSocket(`${other.url.replace('http', 'ws')}${PATH}`, { headers, autoPong });
          const seen = { pings: 0, code: 0 };
          socket.on('ping', () => (seen.pings += 1)).on('close', (code) => (seen.code = code));
          return { socket, seen, opened: new Promise((resolve) => socket.on('open', resolve)) };
        });
        await Promise.all(clients.map(({ opened }) => opened));
        const seen = () => clients.map(({ seen: { pings, code } }) => `${pings} ${code}`).join();
        await vi.advanceTimersByTimeAsync(29_999);
        expect(seen()).toBe('0 0,0 0');
        await vi.advanceTimersByTimeAsync(1);
        await waitFor(() => seen() === '1 0,1 0');
        await vi.advanceTimersByTimeAsync(30_000);
        await waitFor(() => seen() === '2 0,2 0');
        await vi.advanceTimersByTimeAsync(30_000);
        await waitFor(() => seen() === '3 0,2 1006');
        clients[0]?.socket.terminate();
      } finally {
        vi.useRealTimers();
        await other.close();
      }
    });

    it('end with 1001 when the gateway stops', async () => {
      const client = open(PATH);
      await client.opened;
      await gateway.close();
      expect(await client.ended).toBe(1001);
    });
  });

  describe('of lines', () => {
    const PATH = `/v1/deployments/${APP_ID}/logs`;
    const entry = (second: number) =>
      `{"timestamp":"2026-03-01T10:00:${String(second).padStart(2, '0')}Z","level":"info","message":"line ${second}","source":"app","pod":"shop-1","container":"app"}`;

    it('send the tail, then what comes, each line once', async () => {
      const client = open(`${PATH}/stream?tail=2`);
      await client.opened;
      core.emit(LOGS, { kind: 'line', ...line(2) });
      core.emit(LOGS, { kind: 'line', ...line(3) });
      await vi.waitFor(() => expect(client.messages).toEqual([entry(1), entry(2), entry(3)]));
      expect(core.asked.filter(({ subject }) => subject === listLines.subject).at(-1)?.input).toEqual({
        appId: APP_ID,
        tail: 2,
      });
    });

    it('tell what was lost on the way, and end with the deployment', async () => {
      const client = open(`${PATH}/stream`);
      await client.opened;
      core.emit(LOGS, { kind: 'gap', dropped: 37 });
      core.emit(LOGS, { kind: 'end' });
      expect(await client.ended).toBe(1000);
      expect(JSON.parse(client.messages.at(-1) ?? '')).toMatchObject({
        source: 'slipway',
        message: '37 lines dropped',
        dropped: 37,
      });
    });

    it('are plain text when asked for', async () => {
      const client = open(`${PATH}/stream?format=text`);
      await vi.waitFor(() => expect(client.messages[0]).toBe('2026-03-01T10:00:01Z line 1'));
    });

    it('name the pods in plain text from the first line on, when the tail is of several', async () => {
      core.answers(listLines, () => ({ lines: [line(1), { ...line(2), pod: 'shop-2' }] }));
      const client = open(`${PATH}/stream?format=text`);
      await vi.waitFor(() => expect(client.messages[0]).toBe('[shop-1] 2026-03-01T10:00:01Z line 1'));
      const { read, stop } = await follow('&format=text');
      await vi.waitFor(() => expect(read.text).toMatch(/^\[shop-1\] 2026-03-01T10:00:01Z line 1\n/));
      stop();
    });

    it('know nothing of what is not theirs', async () => {
      const client = open(`${PATH}/stream?follow=yes&previous=true`);
      await client.opened;
      expect(core.asked.filter(({ subject }) => subject === listLines.subject).at(-1)?.input).toEqual({
        appId: APP_ID,
        tail: 100,
      });
    });

    it('tell where lines are missing and between which times', async () => {
      const client = open(`${PATH}/stream`);
      await client.opened;
      core.emit(LOGS, { kind: 'gap', since: line(2).time, time: line(7).time, pod: 'shop-1', container: 'app' });
      const { read, stop } = await follow('');
      core.emit(LOGS, { kind: 'gap', since: line(2).time, time: line(7).time, pod: 'shop-1', container: 'app' });
      const notice = `{"timestamp":"2026-03-01T10:00:07Z","level":"warn","message":"lines are missing between ${line(2).time} and ${line(7).time}","source":"slipway","pod":"shop-1","container":"app"}`;
      await vi.waitFor(() => expect(client.messages[2]).toBe(notice));
      await vi.waitFor(() => expect(read.text).toContain(`${notice}\n`));
      stop();
    });

    it('tell a reader who was too slow how many lines it lost, at the latest when the deployment is deleted', async () => {
      const count = 600;
      const burst = async () => {
        for (let number = 0; number < count; number += 1) {
          const time = new Date(Date.parse('2026-03-01T11:00:00Z') + number).toISOString();
          core.emit(LOGS, { kind: 'line', ...line(3), time, message: 'x'.repeat(60 * 1024) });
          if (number % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        core.emit(LOGS, { kind: 'end' });
      };
      const told = (entries: { dropped?: number }[]): number =>
        entries.reduce((sum, { dropped }) => sum + (dropped ?? 1), 0) - 2;

      const client = open(`${PATH}/stream`);
      await client.opened;
      await vi.waitFor(() => expect(client.messages).toHaveLength(2));
      client.socket.pause();
      await burst();
      client.socket.resume();
      expect(await client.ended).toBe(1000);
      const messages = client.messages.map((text) => JSON.parse(text) as { dropped?: number });
      expect(messages.at(-1)?.dropped).toBeGreaterThan(0);
      expect(told(messages)).toBe(count);

      const answer = await new Promise<IncomingMessage>((resolve) => {
        const headers = { Authorization: `Bearer ${API_KEY}` };
        request(`${gateway.url}${PATH}?follow=true`, { headers }, resolve).end();
      });
      await vi.waitFor(() => expect(core.listenersOf(LOGS)).toBe(1));
      await burst();
      let text = '';
      for await (const chunk of answer.setEncoding('utf8')) text += String(chunk);
      const lines = text.trimEnd().split('\n');
      const entries = lines.map((one) => JSON.parse(one) as { dropped?: number });
      expect(entries.at(-1)?.dropped).toBeGreaterThan(0);
      expect(told(entries)).toBe(count);
    });

    it('say in an answer that its tail is not whole', async () => {
      core.answers(listLines, () => ({ lines: [line(1), line(2)], cut: true }));
      const read = async (query: string) => {
        const answer = await fetch(`${gateway.url}${PATH}?${query}`, {
          headers: { Authorization: `Bearer ${API_KEY}` },
        });
        const { logs } = (await answer.json()) as { logs: { message: string }[] };
        return logs.map(({ message }) => message);
      };
      expect(await read('tail=3')).toEqual([`lines are missing before ${line(1).time}`, 'line 1', 'line 2']);
      expect(await read(`tail=2&since=${line(1).time}`)).toEqual(['line 1', 'line 2']);
    });

    it('give only the pod that was asked for', async () => {
      const client = open(`${PATH}/stream?pod=shop-1&tail=0`);
      core.answers(listLines, () => ({ lines: [] }));
      await client.opened;
      core.emit(LOGS, { kind: 'line', ...line(3), pod: 'shop-2' });
      core.emit(LOGS, { kind: 'line', ...line(4) });
      await vi.waitFor(() => expect(client.messages.at(-1)).toBe(entry(4)));
      expect(client.messages.join('')).not.toContain('shop-2');
    });

    it.each(['stream', 'ws'])('give one pod alone at its own address, …/logs/%s', async (address) => {
      const ofPods = `/v1/deployments/${APP_ID}/pods`;
      core.answers(listLines, ({ pod }) => {
        if (pod !== 'shop-1') throw new Refusal(problem.notFound('pod', 'none of this app'));
        return { lines: [line(1)] };
      });
      const client = open(`${ofPods}/shop-1/logs/${address}?pod=shop-2`);
      await client.opened;
      core.emit(LOGS, { kind: 'line', ...line(3), pod: 'shop-2' });
      core.emit(LOGS, { kind: 'line', ...line(4) });
      await vi.waitFor(() => expect(client.messages).toEqual([entry(1), entry(4)]));
      expect(await open(`${ofPods}/shop-2/logs/${address}`).ended).toMatch(/^404 .*Pod not found/);
    });

    it('are refused for a deployment that the caller does not see', async () => {
      core.refuses(getApp, problem.notFound('app', 'none'));
      core.refuses(followLines, problem.unavailable('service', 'nothing is known of it here yet'));
      expect(await open(`${PATH}/stream`).ended).toMatch(/^404 .*Deployment not found/);
      expect(await open('/v1/deployments/7/logs/stream').ended).toMatch(/^400 .*Invalid id/);
    });

    it('are answered at once without follow', async () => {
      const answer = await fetch(`${gateway.url}${PATH}?tail=2`, { headers: { Authorization: `Bearer ${API_KEY}` } });
      expect(await answer.text()).toBe(`{"logs":[${entry(1)},${entry(2)}]}`);
      const text = await fetch(`${gateway.url}${PATH}?format=text`, {
        headers: { Authorization: `Bearer ${API_KEY}` },
      });
      expect(await text.text()).toBe('{"logs":"2026-03-01T10:00:01Z line 1\\n2026-03-01T10:00:02Z line 2\\n"}');
    });

    it('say that the cluster is away', async () => {
      core.answers(listLines, () => {
        throw new Refusal(
          problem.unavailable('service', 'no answer from the cluster', { code: 'cluster_unreachable' }),
        );
      });
      const answer = await fetch(`${gateway.url}${PATH}`, { headers: { Authorization: `Bearer ${API_KEY}` } });
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({ error: { message: 'Cluster is not reachable' } });
    });

    const follow = (query: string, headers: Record<string, string> = {}) =>
      listen(`${PATH}?follow=true${query}`, headers);

    it('follow as one object a line until the deployment is deleted', async () => {
      const { answer, read } = await follow('');
      expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
      expect(answer.headers.get('x-request-id')).not.toBeNull();
      core.emit(LOGS, { kind: 'line', ...line(3) });
      await vi.waitFor(() => expect(read.text).toBe(`${entry(1)}\n${entry(2)}\n${entry(3)}\n`));
      core.emit(LOGS, { kind: 'end' });
      await vi.waitFor(() => expect(read.ended).toBe(true));
      expect(core.listenersOf(LOGS)).toBe(0);
    });

    it('give back the room of a reader who takes nothing, some seconds after the deployment was deleted', async () => {
      const stalled = connect(Number(new URL(gateway.url).port), '127.0.0.1').pause();
      stalled.on('error', () => undefined);
      stalled.write(`GET ${PATH}?follow=true HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${API_KEY}\r\n\r\n`);
      await vi.waitFor(() => expect(core.listenersOf(LOGS)).toBe(1));
      // More than the kernel and the gateway keep for it.
      const message = 'x'.repeat(60 * 1024);
      for (let count = 0; count < 400; count += 1) {
        core.emit(LOGS, { kind: 'line', ...line(3), time: new Date(Date.now() + count).toISOString(), message });
        await new Promise((resolve) => setImmediate(resolve));
      }
      core.answers(listLines, () => ({ lines: [] }));
      core.emit(LOGS, { kind: 'end' });
      const others = await Promise.all(Array.from({ length: 49 }, () => follow('')));
      expect((await follow('')).answer.status).toBe(429);
      await waitFor(async () => (await follow('')).answer.status === 200, { timeoutMs: 25_000, intervalMs: 500 });
      for (const { stop } of others) stop();
      stalled.destroy();
    }, 40_000);

    it('answer the headers before there is any line', async () => {
      core.answers(listLines, () => ({ lines: [] }));
      const { answer, stop } = await follow('');
      expect(answer.status).toBe(200);
      stop();
      await vi.waitFor(() => expect(core.listenersOf(LOGS)).toBe(0));
    });

    it('have headers alone for HEAD', async () => {
      const headers = { Authorization: `Bearer ${API_KEY}` };
      const answer = await fetch(`${gateway.url}${PATH}?follow=true`, { method: 'HEAD', headers });
      expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
      await vi.waitFor(() => expect(core.listenersOf(LOGS)).toBe(0));
    });

    it('follow as server-sent events, which can be resumed', async () => {
      const { answer, read, stop } = await follow('', {
        Accept: 'text/event-stream',
        'Last-Event-ID': '2026-03-01T10:00:01.000000001Z',
      });
      expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
      await vi.waitFor(() => expect(read.text).toContain(`event: log\ndata: ${entry(2)}\n\n`));
      expect(read.text).not.toContain('line 1');
      const id = /^id: (2026-03-01T10:00:02.000000001Z;.+)$/m.exec(read.text)?.[1] ?? '';
      stop();
      const resumed = await follow('', { Accept: 'text/event-stream', 'Last-Event-ID': id });
      core.emit(LOGS, { kind: 'line', ...line(3) });
      await vi.waitFor(() => expect(resumed.read.text).toContain('line 3'));
      expect(resumed.read.text).not.toMatch(/line [12]/);
      resumed.stop();
    });

    it('take a token in the query for server-sent events alone', async () => {
      const status = (accept: string) =>
        new Promise<number | undefined>((resolve, reject) => {
          const sent = request(
            `${gateway.url}${PATH}?follow=true&token=${API_KEY}`,
            { headers: { Accept: accept } },
            (answer) => {
              resolve(answer.statusCode);
              answer.destroy();
            },
          );
          sent.on('error', reject).end();
        });
      expect(await status('text/event-stream')).toBe(200);
      expect(await status('*/*')).toBe(401);
    });

    it('count no reader whose stream could not be opened', async () => {
      core.refuses(followLines, problem.unavailable('service', 'away'));
      for (let count = 0; count < 51; count += 1) expect((await follow('')).answer.status).toBe(503);
    });

    it('admit fifty readers of a user over HTTP', async () => {
      const asked = await Promise.all(Array.from({ length: 51 }, () => follow('')));
      const readers = asked.filter(({ answer }) => answer.status === 200);
      expect(readers).toHaveLength(50);
      expect((await follow('')).answer.status).toBe(429);
      core.refuses(followLines, problem.unavailable('service', 'away'));
      expect((await follow('')).answer.status).toBe(429);
      core.answers(followLines, () => LEASE);
      readers[0]?.stop();
      await vi.waitFor(async () => {
        const { answer, stop } = await follow('');
        stop();
        expect(answer.status).toBe(200);
      });
      for (const { stop } of readers) stop();
    });

    it('end over HTTP too when the credential was revoked while they were opened', async () => {
      core.answers(getApp, () => {
        revokeMeanwhile();
        return app;
      });
      const { read } = await follow('');
      await vi.waitFor(() => expect(read.ended).toBe(true));
    });

    it('end over HTTP too when that takes longer than a reader has for the rest of a stream', async () => {
      const opening = hold();
      const revoked = hold();
      core.answers(followLines, async () => {
        revokeMeanwhile();
        revoked.release();
        await opening.held;
        return LEASE;
      });
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const coming = follow('');
      await revoked.held;
      await vi.advanceTimersByTimeAsync(2_000);
      vi.useRealTimers();
      opening.release();
      const { answer, read } = await coming;
      expect(answer.status).toBe(200);
      await waitFor(() => read.ended && core.listenersOf(LOGS) === 0);
    });

    it('end over HTTP too when the credential is revoked', async () => {
      const { read } = await follow('');
      await vi.waitFor(() => expect(read.text).toContain('line 2'));
      core.emit(credentialRevoked.subject, { userId: USER_ID, credentialIds: [OTHER_ID] });
      await vi.waitFor(() => expect(read.ended).toBe(true));
    });
  });

  it.each(declaredRoutesOf(ContainerEngineModule).filter(({ access }) => access?.includes('stream')))(
    'ask of the core what their route declares: $path',
    async ({ path, status, asks }) => {
      const before = core.asked.length;
      const address = path.replace('{deploymentId}', APP_ID).replace('{pod}', 'shop-1');
      if (status === 101) await open(address).opened;
      else (await listen(`${address}?follow=true`)).stop();
      const asked = core.asked.slice(before).filter(({ call }) => call.actor !== undefined);
      expect([...new Set(asked.map(({ subject }) => subject))].sort()).toEqual([...asks].sort());
    },
  );

  it('tell their health and end', async () => {
    const client = open('/v1/ws/health', { key: null });
    expect(await client.ended).toBe(1000);
    expect(client.messages).toEqual(['{"status":"healthy","message":"WebSocket service is healthy"}']);
    const answer = await fetch(`${gateway.url}/v1/ws/health`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await answer.text()).toBe('WebSocket service is healthy');
  });

  it('tell that they are not healthy, and take no upgrade then', async () => {
    core.connected = false;
    const unhealthy = '{"status":"unhealthy","service":"container-engine","version":"0.1.0"}';
    expect(await open('/v1/ws/health', { key: null }).ended).toBe(`503 ${unhealthy}`);
    const answer = await fetch(`${gateway.url}/v1/ws/health`);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.text()).toBe(unhealthy);
  });
});
