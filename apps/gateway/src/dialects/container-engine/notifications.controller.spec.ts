import { checkCredential, credentialRevoked, listFeed, problem } from '@slipway/contracts';
import { waitFor } from '@slipway/testing';
import { describe, expect, vi } from 'vitest';
import { WebSocket } from 'ws';

import { API_KEY, APP_ID, checked, OTHER_ID, USER_ID } from '../../fixture/samples.js';
import { event, FEED, hold, it, revokeWhileFeedOpens } from '../../fixture/streams.js';
import { startGatewayOver } from '../../fixture/test-gateway.js';

const PATH = '/v1/ws/notifications';

describe('streams of notifications', () => {
  it('send each event once, in the documented form, to every socket of the user', async ({ core, open }) => {
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

  it('resume after the last event that was seen', async ({ stored, core, open }) => {
    stored.push(event(1), event(2), event(3));
    const client = open(`${PATH}?last_event_id=1`);
    await client.opened;
    core.emit(FEED, event(4));
    await vi.waitFor(() => expect(client.messages.map((text) => JSON.parse(text).id)).toEqual(['2', '3', '4']));
  });

  it('tell a gap first', async ({ stored, open }) => {
    stored.push(event(7));
    const client = open(`${PATH}?last_event_id=0`);
    await vi.waitFor(() => expect(client.messages).toHaveLength(2));
    expect(client.messages[0]).toMatch(
      /^\{"id":null,"type":"replay_gap","deployment_id":null,"timestamp":"[^"]+","data":\{\}\}$/,
    );
    const unknown = open(`${PATH}?last_event_id=${'9'.repeat(30)}`);
    await vi.waitFor(() => expect(unknown.messages[0]).toContain('replay_gap'));
  });

  it('stop listening when the last reader has gone', async ({ core, open }) => {
    const client = open(PATH);
    await client.opened;
    client.socket.close();
    await client.ended;
    await vi.waitFor(() => expect(core.listenersOf(FEED)).toBe(0));
  });

  it('are refused over HTTP, in the order of all routes', async ({ core, open }) => {
    const missing = '{"error":{"code":"AUTHENTICATION_ERROR","message":"Missing authorization header","details":""}}';
    expect(await open(PATH, { key: null }).ended).toBe(`401 ${missing}`);
    expect(await open(PATH, { headers: { Origin: 'https://evil.example' } }).ended).toMatch(
      /^403 \{"error":\{"code":"FORBIDDEN"/,
    );
    expect(await open('/v1/ws/nothing').ended).toMatch(/^404 \{"error":\{"code":"NOT_FOUND","message":"No such route"/);
    core.refuses(listFeed, problem.unavailable('service', 'away'));
    expect(await open(PATH).ended).toMatch(/^503 /);
  });

  it('admit a listed page, and a token in the query that no log shows', async ({ gateway, open }) => {
    const client = open(`${PATH}?token=Bearer%20${API_KEY}`, {
      key: null,
      headers: { Origin: 'https://panel.example.org' },
    });
    await client.opened;
    expect(gateway.lines.join('')).not.toContain(API_KEY);
    expect(gateway.lines.join('')).toContain('websocket opened');
  });

  it('admit fifty sockets of a user', async ({ open }) => {
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

  it('admit no more of them when they come at once', async ({ core, open }) => {
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

  it('forget the room of those that were refused', async ({ core, open }) => {
    core.refuses(listFeed, problem.unavailable('service', 'away'));
    for (let index = 0; index < 51; index += 1) expect(await open(PATH).ended).toMatch(/^503 /);
  });

  it('end with 1008 when the credential is revoked, and only then', async ({ core, open }) => {
    const client = open(PATH);
    await client.opened;
    core.emit(credentialRevoked.subject, { userId: USER_ID, credentialIds: [APP_ID] });
    core.emit(credentialRevoked.subject, { userId: APP_ID, credentialIds: [] });
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
    core.emit(credentialRevoked.subject, { userId: USER_ID, credentialIds: [OTHER_ID] });
    expect(await client.ended).toBe(1008);
  });

  it('end with 1001 when they are opened while the gateway stops', async ({ core, gateway, open }) => {
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

  it('end with 1008 when the credential was revoked while they were opened', async ({ core, open }) => {
    revokeWhileFeedOpens(core);
    const client = open(PATH);
    expect(await client.ended).toBe(1008);
    await vi.waitFor(() => expect(core.listenersOf(FEED)).toBe(0));
  });

  it('send nothing of what happens after the credential was revoked, to a reader who takes its time to go', async ({
    core,
    open,
  }) => {
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

  it('end with 1008 when the credential expires', async ({ core, open }) => {
    core.answers(checkCredential, () => ({ ...checked(), expiresAt: new Date(Date.now() + 300).toISOString() }));
    expect(await open(PATH).ended).toBe(1008);
  });

  it('end with 1009 when a frame is too large, and ignore smaller ones', async ({ open }) => {
    const client = open(PATH);
    await client.opened;
    client.socket.send('hello');
    client.socket.send('x'.repeat(64 * 1024 + 1));
    expect(await client.ended).toBe(1009);
  });

  it('end with 1013 when their reader is too slow, who comes again and misses nothing', async ({
    stored,
    core,
    open,
  }) => {
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

  it('are asked every 30 s whether anybody is there, and end when two questions stay without an answer', async ({
    core,
  }) => {
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

  it('end with 1001 when the gateway stops', async ({ gateway, open }) => {
    const client = open(PATH);
    await client.opened;
    await gateway.close();
    expect(await client.ended).toBe(1001);
  });
});
