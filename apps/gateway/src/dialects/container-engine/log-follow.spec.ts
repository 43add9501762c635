import { request } from 'node:http';
import { connect } from 'node:net';

import { credentialRevoked, followLines, getApp, listLines, problem } from '@slipway/contracts';
import { waitFor } from '@slipway/testing';
import { describe, expect, vi } from 'vitest';

import { API_KEY, app, APP_ID, OTHER_ID, USER_ID } from '../../fixture/samples.js';
import { entry, hold, LEASE, line, LOGS, revokeMeanwhile, it as streams } from '../../fixture/streams.js';

const PATH = `/v1/deployments/${APP_ID}/logs`;

const it = streams.extend(
  'follow',
  ({ listen }) =>
    (query: string, headers: Record<string, string> = {}) =>
      listen(`${PATH}?follow=true${query}`, headers),
);

describe('streams of lines', () => {
  it('follow as one object a line until the deployment is deleted', async ({ core, follow }) => {
    const { answer, read } = await follow('');
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    expect(answer.headers.get('x-request-id')).not.toBeNull();
    core.emit(LOGS, { kind: 'line', ...line(3) });
    await vi.waitFor(() => expect(read.text).toBe(`${entry(1)}\n${entry(2)}\n${entry(3)}\n`));
    core.emit(LOGS, { kind: 'end' });
    await vi.waitFor(() => expect(read.ended).toBe(true));
    expect(core.listenersOf(LOGS)).toBe(0);
  });

  it('give back the room of a reader who takes nothing, some seconds after the deployment was deleted', async ({
    core,
    gateway,
    follow,
  }) => {
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

  it('answer the headers before there is any line', async ({ core, follow }) => {
    core.answers(listLines, () => ({ lines: [] }));
    const { answer, stop } = await follow('');
    expect(answer.status).toBe(200);
    stop();
    await vi.waitFor(() => expect(core.listenersOf(LOGS)).toBe(0));
  });

  it('have headers alone for HEAD', async ({ core, gateway }) => {
    const headers = { Authorization: `Bearer ${API_KEY}` };
    const answer = await fetch(`${gateway.url}${PATH}?follow=true`, { method: 'HEAD', headers });
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    await vi.waitFor(() => expect(core.listenersOf(LOGS)).toBe(0));
  });

  it('follow as server-sent events, which can be resumed', async ({ core, follow }) => {
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

  it('take a token in the query for server-sent events alone', async ({ gateway }) => {
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

  it('count no reader whose stream could not be opened', async ({ core, follow }) => {
    core.refuses(followLines, problem.unavailable('service', 'away'));
    for (let count = 0; count < 51; count += 1) expect((await follow('')).answer.status).toBe(503);
  });

  it('admit fifty readers of a user over HTTP', async ({ core, follow }) => {
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

  it('end over HTTP too when the credential was revoked while they were opened', async ({ core, follow }) => {
    core.answers(getApp, () => {
      revokeMeanwhile(core);
      return app;
    });
    const { read } = await follow('');
    await vi.waitFor(() => expect(read.ended).toBe(true));
  });

  it('end over HTTP too when that takes longer than a reader has for the rest of a stream', async ({
    core,
    follow,
  }) => {
    const opening = hold();
    const revoked = hold();
    core.answers(followLines, async () => {
      revokeMeanwhile(core);
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

  it('end over HTTP too when the credential is revoked', async ({ core, follow }) => {
    const { read } = await follow('');
    await vi.waitFor(() => expect(read.text).toContain('line 2'));
    core.emit(credentialRevoked.subject, { userId: USER_ID, credentialIds: [OTHER_ID] });
    await vi.waitFor(() => expect(read.ended).toBe(true));
  });
});
