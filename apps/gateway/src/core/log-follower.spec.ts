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
  let cut: boolean;
  let renewWithinMs: number;
  let listener: LiveListener | undefined;
  let seen: string[];

  beforeEach(() => {
    core = new ReplayedCore();
    past = [line(1), line(2)];
    cut = false;
    renewWithinMs = 60_000;
    seen = [];
    core
      .answers(followLines, () => ({ leaseId: OTHER_ID, renewWithinMs, subject: 'log.a.b.*.*' }))
      .answers(listLines, ({ since }) => ({
        lines: past.filter(({ time }) => since === undefined || comparableTime(time) >= comparableTime(since)),
        ...(cut && { cut }),
      }));
  });

  const asked = (subject: string) => core.asked.filter((one) => one.subject === subject).map(({ input }) => input);
  const emit = (message: LiveLine) => listener?.onMessage(message);
  const live = (one: LogLine) => emit({ kind: 'line', ...one });

  async function follow(query: Partial<ListLines> = {}, position?: string) {
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
    const log = await follower.open({} as HttpCall, { appId: APP_ID, tail: 100, ...query }, position);
    return {
      log,
      start: () =>
        log.start({
          line: ({ message }) => void seen.push(message),
          gap: ({ from = '', to = '', pod }) => void seen.push(`gap ${pod ?? ''} ${from.slice(17)} ${to.slice(17)}`),
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
    const sink = {
      line: (one: LogLine) => void got.push(one),
      gap: () => undefined,
      dropped: () => undefined,
      ended: () => undefined,
    };
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

  it('renews its lease in the middle of its time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { log, start } = await follow();
      start();
      await vi.advanceTimersByTimeAsync(29_999);
      expect(asked(followLines.subject)).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(1);
      expect(asked(followLines.subject)).toHaveLength(2);
      log.close();
    } finally {
      vi.useRealTimers();
    }
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

  it('reads what it missed at a break, before what comes then', async () => {
    const { log, start } = await follow();
    start();
    past.push(line(3));
    emit({ kind: 'break' });
    live(line(4));
    await vi.waitFor(() => expect(seen).toHaveLength(4), { timeout: 3_000 });
    expect(seen.slice(2)).toEqual(['shop-1 3', 'shop-1 4']);
    log.close();
  });

  it('reads again what a second break may have taken while it read what the first one took', async () => {
    const { log, start } = await follow();
    start();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    core.answers(listLines, async () => {
      const lines = [...past];
      await held;
      return { lines };
    });
    emit({ kind: 'break' });
    await vi.waitFor(() => expect(asked(listLines.subject)).toHaveLength(2), { timeout: 3_000 });
    past.push(line(3));
    emit({ kind: 'break' });
    live(line(4));
    release();
    await vi.waitFor(() => expect(seen).toHaveLength(4), { timeout: 3_000 });
    expect(seen.slice(2)).toEqual(['shop-1 3', 'shop-1 4']);
    log.close();
  });

  it('reads what was lost between its opening and its start', async () => {
    const { log, start } = await follow();
    past.push(line(3));
    emit({ kind: 'break' });
    start();
    await vi.waitFor(() => expect(seen).toEqual(['shop-1 1', 'shop-1 2', 'shop-1 3']), { timeout: 3_000 });
    log.close();
  });

  it('keeps what was lost before its start for its reader, however often it renews its lease until then', async () => {
    renewWithinMs = 20;
    const { log, start } = await follow();
    past.push(line(3));
    emit({ kind: 'break' });
    await vi.waitFor(() => expect(asked(followLines.subject).length).toBeGreaterThan(3));
    expect(asked(listLines.subject)).toHaveLength(1);
    start();
    await vi.waitFor(() => expect(seen).toEqual(['shop-1 1', 'shop-1 2', 'shop-1 3']), { timeout: 3_000 });
    log.close();
  });

  it('takes lines of one time, and one that comes after a younger one, once each', async () => {
    const { log, start } = await follow();
    start();
    const [a, b, c] = [
      line(3),
      { ...line(3), number: 2, message: 'same time' },
      { ...line(2), number: 2, message: 'older' },
    ];
    for (const one of [a, b, c, a, b, c]) live(one);
    expect(seen.slice(2)).toEqual(['shop-1 3', 'same time', 'older']);
    log.close();
  });

  it('asks again from what the quieter of two containers has said, not from one that is long gone', async () => {
    past = [{ ...line(1, 'gone'), time: '2026-03-01T08:00:00Z' }, line(20)];
    const { log, start } = await follow();
    start();
    live(line(5, 'shop-2'));
    live(line(30));
    listener?.onReconnect();
    await vi.waitFor(() => expect(asked(listLines.subject)).toHaveLength(2), { timeout: 3_000 });
    expect(asked(listLines.subject).at(-1)).toEqual({
      appId: APP_ID,
      tail: 10_000,
      since: '2026-03-01T10:00:05.000000000Z',
    });
    log.close();
  });

  it('does not ask for lines before its tail', async () => {
    past = [line(20)];
    const { log, start } = await follow({ tail: 1, previous: true });
    start();
    listener?.onReconnect();
    await vi.waitFor(() => expect(asked(listLines.subject)).toHaveLength(2), { timeout: 3_000 });
    expect(asked(listLines.subject).at(-1)).toEqual({
      appId: APP_ID,
      tail: 10_000,
      since: '2026-03-01T10:00:20.000000000Z',
    });
    log.close();
  });

  it('tells of a gap and goes on when what it missed cannot be read', async () => {
    const { log, start } = await follow();
    start();
    core.refuses(listLines, problem.invalid('request', 'too much', { code: 'too_large' }));
    listener?.onReconnect();
    live(line(5));
    await vi.waitFor(() => expect(seen).toHaveLength(4), { timeout: 3_000 });
    live(line(6));
    expect(seen.slice(2)).toEqual(['gap  02.000000000Z 05Z', 'shop-1 5', 'shop-1 6']);
    log.close();
  });

  it('tells of a gap and goes on when what it missed cannot be read for half a minute', async () => {
    const { log, start } = await follow();
    start();
    core.refuses(listLines, problem.unavailable('service', 'away'));
    listener?.onReconnect();
    live(line(5));
    await vi.waitFor(() => expect(asked(listLines.subject)).toHaveLength(2), { timeout: 3_000 });
    expect(seen).toHaveLength(2);
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 31_000);
    // Another interruption gives no patience anew.
    emit({ kind: 'break' });
    await vi.waitFor(() => expect(seen).toHaveLength(4), { timeout: 3_000 });
    vi.restoreAllMocks();
    expect(seen.slice(2)).toEqual(['gap  02.000000000Z 05Z', 'shop-1 5']);
    log.close();
  });

  it('tells of a gap before the lines that it reads, when they are not all that it missed', async () => {
    const { log, start } = await follow();
    start();
    past = [line(14), line(15)];
    cut = true;
    listener?.onReconnect();
    live(line(16));
    await vi.waitFor(() => expect(seen).toHaveLength(6), { timeout: 3_000 });
    expect(seen.slice(2)).toEqual(['gap  02.000000000Z 14Z', 'shop-1 14', 'shop-1 15', 'shop-1 16']);
    log.close();
  });

  it('says that its tail is not whole when it is not, and nothing where more was not asked for', async () => {
    cut = true;
    const short = await follow({ tail: 3 });
    short.start();
    const whole = await follow({ tail: 2, since: line(1).time });
    whole.start();
    expect(seen).toEqual(['gap   01Z', 'shop-1 1', 'shop-1 2', 'shop-1 1', 'shop-1 2']);
    short.log.close();
    whole.log.close();
  });

  it('hands on a notice without taking it for a line of its container', async () => {
    past.push({ ...line(9), source: 'slipway', message: 'unreadable' });
    const { log, start } = await follow();
    start();
    live(line(9));
    expect(seen.slice(2)).toEqual(['unreadable', 'shop-1 9']);
    log.close();
  });

  it.each(['pod', 'container'] as const)('stays when its %s is gone', async (noun) => {
    const { log, start } = await follow({ pod: 'shop-1' });
    start();
    core.refuses(listLines, problem.notFound(noun, 'none'));
    listener?.onReconnect();
    live(line(3));
    await vi.waitFor(() => expect(seen.slice(2)).toEqual(['shop-1 3']), { timeout: 3_000 });
    log.close();
  });

  it('goes on where an earlier stream ended, though lines come out of order', async () => {
    past = [];
    const first = await follow();
    first.start();
    live(line(10));
    live(line(8, 'shop-2'));
    const { position } = first.log;
    first.log.close();
    past = [line(7, 'shop-3'), line(8, 'shop-2'), line(9, 'shop-2'), line(10), { ...line(10), number: 2 }, line(11)];
    seen = [];
    const second = await follow({ tail: 1 }, position);
    second.start();
    expect(seen).toEqual(['shop-3 7', 'shop-2 9', 'shop-1 10', 'shop-1 11']);
    live(line(9, 'shop-3'));
    expect(seen.at(-1)).toBe('shop-3 9');
    expect(second.log.position).not.toBe(position);
    second.log.close();
  });

  it('goes on after the time of a line, which silences no pod whose clock is behind', async () => {
    past = [line(9), line(10), line(11)];
    const { log, start } = await follow({}, line(10).time);
    start();
    live(line(9, 'shop-2'));
    expect(seen).toEqual(['shop-1 11', 'shop-2 9']);
    log.close();
  });

  it('tells of a gap when more came since than can be read', async () => {
    past = [line(15)];
    cut = true;
    const { log, start } = await follow({}, line(10).time);
    start();
    expect(seen).toEqual(['gap  10Z 15Z', 'shop-1 15']);
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

  it('gives what waits before its end, when it finds out that the App is gone', async () => {
    const { start } = await follow();
    start();
    core.refuses(followLines, problem.notFound('app', 'none'));
    emit({ kind: 'break' });
    live(line(3));
    await vi.waitFor(() => expect(seen.slice(2)).toEqual(['shop-1 3', 'ended']), { timeout: 3_000 });
  });

  it('tells how many lines were lost', async () => {
    const { log, start } = await follow();
    start();
    emit({ kind: 'gap', dropped: 3 });
    listener?.onDropped?.(4);
    expect(seen.slice(2)).toEqual(['3 dropped', '4 dropped']);
    log.close();
  });

  it('tells of a gap with its bounds, and no number where nobody knows one', async () => {
    const { log, start } = await follow();
    start();
    emit({ kind: 'gap', since: line(4).time, time: line(7).time, pod: 'shop-1', container: 'app' });
    emit({ kind: 'gap', time: line(7).time, pod: 'shop-2', container: 'app' });
    expect(seen.slice(2)).toEqual(['gap shop-1 04Z 07Z', 'gap shop-2 02.000000000Z 07Z']);
    log.close();
  });

  it('tells the reader of one pod nothing of the gaps of another', async () => {
    const { log, start } = await follow({ pod: 'shop-1' });
    start();
    emit({ kind: 'gap', pod: 'shop-2' });
    listener?.onDropped?.(4);
    expect(seen.slice(2)).toEqual(['gap shop-1 02.000000000Z ']);
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
