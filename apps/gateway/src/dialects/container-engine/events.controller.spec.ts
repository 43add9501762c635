import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';

import { checkCredential, credentialRevoked, listFeed, problem, type FeedEvent } from '@slipway/contracts';
import { waitFor } from '@slipway/testing';
import { describe, expect, vi } from 'vitest';

import { API_KEY, APP_ID, checked, OTHER_ID, USER_ID } from '../../fixture/samples.js';
import { event, FEED, hold, revokeWhileFeedOpens, it as streams } from '../../fixture/streams.js';

const PATH = '/v1/events';
const idsIn = (text: string): string[] => [...text.matchAll(/^id: (.*)$/gm)].map(([, id = '']) => id);

const it = streams.extend(
  'stalledReader',
  // One who has more to take than anybody keeps for it, and takes nothing.
  ({ stored, core, gateway }) =>
    async (): Promise<void> => {
      const filler = 'x'.repeat(256 * 1024);
      for (let id = 1; id <= 40; id += 1) stored.push(event(id, { old: 1, new: filler }));
      const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1').pause();
      socket.on('error', () => undefined);
      const head = `GET ${PATH}?last_event_id=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${API_KEY}`;
      socket.write(`${head}\r\n\r\n`);
      await waitFor(() => core.asked.some(({ input }) => (input as { afterId?: string }).afterId === '0'));
    },
);

describe('streams of events', () => {
  it('send each event once, as the frame of the sockets under its id and type', async ({ core, open, listen }) => {
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

  it('make an event JSON once for all readers, of sockets too', async ({ core, open, listen }) => {
    const sockets = [1, 2].map(() => open('/v1/ws/notifications'));
    await Promise.all(sockets.map(({ opened }) => opened));
    const readers = await Promise.all([1, 2].map(() => listen(PATH)));
    let looks = 0;
    const old = { toJSON: () => (looks += 1) };
    core.emit(FEED, event(1, { old, new: 2 }));
    await vi.waitFor(() => expect(readers.map(({ read }) => idsIn(read.text))).toEqual([['1'], ['1']]));
    await vi.waitFor(() => expect(sockets.map(({ messages }) => messages.length)).toEqual([1, 1]));
    // A frame carries its fields twice.
    expect(looks).toBe(2);
    for (const { stop } of readers) stop();
  });

  it('resume after the id of the header, or else after that of the query', async ({ stored, core, listen }) => {
    stored.push(event(1), event(2), event(3));
    const byQuery = await listen(`${PATH}?last_event_id=1`);
    await vi.waitFor(() => expect(idsIn(byQuery.read.text)).toEqual(['2', '3']));
    const byHeader = await listen(`${PATH}?last_event_id=1`, { 'Last-Event-ID': '2' });
    core.emit(FEED, event(4));
    await vi.waitFor(() => expect(idsIn(byHeader.read.text)).toEqual(['3', '4']));
    for (const { stop } of [byQuery, byHeader]) stop();
  });

  it('tell a gap first, whatever the filter, and leave the last id alone', async ({ stored, listen }) => {
    stored.push(event(7));
    const { read, stop } = await listen(`${PATH}?last_event_id=0&types=deployment_deleted`);
    await vi.waitFor(() =>
      expect(read.text).toMatch(/^retry: 2000\n\nevent: replay_gap\ndata: \{"id":null,"type":"replay_gap",.*\}\n\n$/),
    );
    stop();
  });

  it('give one deployment and some types alone where the query names them', async ({ core, listen }) => {
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

  it.for([
    ['deployment_id=7', 'deployment_id: must be a UUID'],
    ['types=deployment_created,exploded', 'types: must be one of deployment_created, deployment_status_changed, '],
  ])('are refused for a filter that is none: %s', async ([query, details], { listen }) => {
    const { answer, read } = await listen(`${PATH}?${query}`);
    expect(answer.status).toBe(400);
    await vi.waitFor(() => expect(read.ended).toBe(true));
    expect(read.text).toContain('"message":"Invalid query parameter"');
    expect(read.text).toContain(details);
  });

  it('end when their reader is too slow, who comes again and misses nothing', async ({
    stored,
    core,
    gateway,
    listen,
  }) => {
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

  it('have a comment after 25 s of silence', async ({ core, listen }) => {
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

  it('are cut when the credential is revoked and their reader takes nothing', async ({ core, stalledReader }) => {
    await stalledReader();
    core.emit(credentialRevoked.subject, { userId: USER_ID, credentialIds: [OTHER_ID] });
    await waitFor(() => core.listenersOf(FEED) === 0, { timeoutMs: 5_000 });
  });

  it('keep no gateway from stopping when their reader takes nothing', async ({ gateway, stalledReader }) => {
    await stalledReader();
    const before = performance.now();
    await gateway.close();
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  it('are refused in the order of all routes, and count no reader that was', async ({ core, listen }) => {
    core.refuses(listFeed, problem.unavailable('service', 'away'));
    for (let count = 0; count < 51; count += 1) expect((await listen(PATH)).answer.status).toBe(503);
    expect((await listen(PATH, { Authorization: 'Bearer nothing' })).answer.status).toBe(401);
  });

  it('have headers alone for HEAD', async ({ core, gateway }) => {
    const headers = { Authorization: `Bearer ${API_KEY}` };
    const answer = await fetch(`${gateway.url}${PATH}`, { method: 'HEAD', headers });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    await vi.waitFor(() => expect(core.listenersOf(FEED)).toBe(0));
  });

  it('take a token in the query', async ({ gateway }) => {
    const answer = await fetch(`${gateway.url}${PATH}?token=${API_KEY}`);
    expect(answer.status).toBe(200);
    expect(gateway.lines.join('')).not.toContain(API_KEY);
    await answer.body?.cancel();
  });

  it('are cut, not mixed with another answer, when their reader sends what is no HTTP', async ({ core, gateway }) => {
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

  it('end at once when they begin while the gateway stops', async ({ core, gateway, listen }) => {
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

  it('end when the credential was revoked while they were opened', async ({ core, listen }) => {
    revokeWhileFeedOpens(core);
    const { read } = await listen(PATH);
    await vi.waitFor(() => expect(read.ended).toBe(true));
  });

  it('end when the credential is revoked', async ({ core, listen }) => {
    const { read } = await listen(PATH);
    core.emit(credentialRevoked.subject, { userId: USER_ID, credentialIds: [OTHER_ID] });
    await vi.waitFor(() => expect(read.ended).toBe(true));
  });
});
