import { followLines, listLines, problem, type ListLines, type LiveLine, type LogLine } from '@slipway/contracts';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { ReplayedCore } from '../fixture/replayed-core.js';
import { APP_ID, OTHER_ID } from '../fixture/samples.js';
import type { CoreClient } from './core-client.js';
import type { HttpCall } from './http-call.js';
import { comparableTime } from './line-time.js';
import type { LiveListener, LiveSubjects } from './live-subjects.js';
import { LogFollower } from './log-follower.js';

const line = (second: number, pod = 'shop-1'): LogLine => ({
  time: `2026-03-01T10:00:${String(second).padStart(2, '0')}Z`,
  pod,
  container: 'app',
  source: 'app',
  level: 'info',
  message: `${pod} ${second}`,
});

describe('LogFollower', () => {
  let core: ReplayedCore;
  let past: LogLine[];
  let renewWithinMs: number;
  let listener: LiveListener | undefined;
  let seen: string[];

  beforeEach(() => {
    core = new ReplayedCore();
    past = [line(1), line(2)];
    renewWithinMs = 60_000;
    seen = [];
    core
      .answers(followLines, () => ({ leaseId: OTHER_ID, renewWithinMs, subject: 'log.a.b.*.*' }))
      .answers(listLines, ({ since }) => ({
        lines: past.filter(({ time }) => since === undefined || comparableTime(time) >= comparableTime(since)),
      }));
  });

  const asked = (subject: string) => core.asked.filter((one) => one.subject === subject).map(({ input }) => input);
  const emit = (message: LiveLine) => listener?.onMessage(message);
  const live = (one: LogLine) => emit({ kind: 'line', ...one });

  async function follow(query: Partial<ListLines> = {}) {
    const client = {
      query: (_: HttpCall, ...rest: Parameters<ReplayedCore['query']>) =>
        core.query(rest[0], rest[1], { correlationId: 'c' }),
    };
    const subjects = {
      listen: (_: string, one: LiveListener) => {
        listener = one;
        return () => (listener = undefined);
      },
    };
    const follower = new LogFollower(client as unknown as CoreClient, subjects as unknown as LiveSubjects);
    const log = await follower.open({} as HttpCall, { appId: APP_ID, tail: 100, ...query });
    return {
      log,
      start: () =>
        log.start({
          line: ({ message }) => void seen.push(message),
          dropped: (count) => void seen.push(`${count} dropped`),
          ended: () => void seen.push('ended'),
        }),
    };
  }

  it('follows before it reads the past, and gives what came between once', async () => {
    const { log, start } = await follow();
    expect(core.asked.map(({ subject }) => subject)).toEqual([followLines.subject, listLines.subject]);
    live(line(2));
    live(line(3));
    start();
    live(line(4));
    expect(seen).toEqual(['shop-1 1', 'shop-1 2', 'shop-1 3', 'shop-1 4']);
    log.close();
    expect(listener).toBeUndefined();
  });

  it('hands all readers of a live line one and the same object, so that each can use what another made of it', async () => {
    const got: LogLine[] = [];
    const listeners: (LiveListener | undefined)[] = [];
    const sink = { line: (one: LogLine) => void got.push(one), dropped: () => undefined, ended: () => undefined };
    for (let reader = 0; reader < 2; reader += 1) {
      past = [];
      const { log } = await follow();
      log.start(sink);
      listeners.push(listener);
    }
    const message: LiveLine = { kind: 'line', ...line(3) };
    for (const one of listeners) one?.onMessage(message);
    expect(got).toEqual([line(3), line(3)]);
    expect(got[0]).toBe(got[1]);
  });

  it('keeps the times of containers apart', async () => {
    const { log, start } = await follow();
    start();
    live(line(1, 'shop-2'));
    expect(seen).toContain('shop-2 1');
    log.close();
  });

  it('renews its lease', async () => {
    renewWithinMs = 20;
    const { log, start } = await follow();
    start();
    await vi.waitFor(() => expect(asked(followLines.subject).length).toBeGreaterThan(2));
    expect(asked(followLines.subject).at(-1)).toEqual({ appId: APP_ID, leaseId: OTHER_ID });
    expect(asked(listLines.subject)).toHaveLength(1);
    log.close();
  });

  it('reads what it missed while the broker was away, before what comes then', async () => {
    const { log, start } = await follow();
    start();
    past.push(line(3), line(4));
    listener?.onReconnect();
    live(line(5));
    await vi.waitFor(() => expect(seen).toHaveLength(5), { timeout: 3_000 });
    expect(seen.slice(2)).toEqual(['shop-1 3', 'shop-1 4', 'shop-1 5']);
    log.close();
  });

  it('reads what it missed while logs was away', async () => {
    renewWithinMs = 20;
    const { log, start } = await follow();
    start();
    core.connected = false;
    await vi.waitFor(() => expect(asked(followLines.subject).length).toBeGreaterThan(1));
    past.push(line(3));
    core.connected = true;
    await vi.waitFor(() => expect(seen).toEqual(['shop-1 1', 'shop-1 2', 'shop-1 3']), { timeout: 3_000 });
    log.close();
  });

  it('ends with the App, whether it is told or finds out', async () => {
    const { start } = await follow();
    start();
    emit({ kind: 'end' });
    live(line(9));
    expect(seen.at(-1)).toBe('ended');

    renewWithinMs = 20;
    const second = await follow();
    second.start();
    core.refuses(followLines, problem.notFound('app', 'none'));
    await vi.waitFor(() => expect(seen.filter((one) => one === 'ended')).toHaveLength(2));
  });

  it('tells how many lines were lost', async () => {
    const { log, start } = await follow();
    start();
    emit({ kind: 'gap', dropped: 3 });
    listener?.onDropped?.(4);
    expect(seen.slice(2)).toEqual(['3 dropped', '4 dropped']);
    log.close();
  });
});

describe('comparableTime', () => {
  it('orders times of any precision and offset', () => {
    const times = [
      '2026-03-01T10:00:00Z',
      '2026-03-01T10:00:00.1Z',
      '2026-03-01T12:00:00.100000001+02:00',
      '2026-03-01T10:00:01Z',
    ];
    const comparable = times.map(comparableTime);
    expect([...comparable].sort()).toEqual(comparable);
    expect(new Set(comparable.map(({ length }) => length)).size).toBe(1);
  });
});
