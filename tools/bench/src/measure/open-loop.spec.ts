import { describe, expect, it } from 'vitest';

import { type Clock, openLoop } from './open-loop.js';

/** A clock that moves when somebody sleeps, and that much further than was asked for. */
class LateClock implements Clock {
  constructor(
    private time: number,
    private readonly lateBy: (sleeps: number) => number = () => 0,
  ) {}
  private sleeps = 0;

  now(): number {
    return this.time;
  }

  async sleep(ms: number): Promise<void> {
    this.sleeps += 1;
    this.time += ms + this.lateBy(this.sleeps);
  }

  pass(ms: number): void {
    this.time += ms;
  }
}

describe('openLoop', () => {
  async function sentBy(clock: LateClock, options: { beginAt?: number; busyMs?: number } = {}) {
    const sent: { index: number; planned: number; at: number }[] = [];
    const { busyMs = 0, ...rest } = options;
    const send = (index: number, planned: number) => {
      sent.push({ index, planned, at: clock.now() });
      clock.pass(busyMs);
    };
    await openLoop({ perSecond: 100, count: 5, ...rest, send }, clock);
    return sent;
  }

  it('plans each one at the moment of the rate, counted from the beginning', async () => {
    const sent = await sentBy(new LateClock(1000));
    expect(sent.map(({ planned }) => planned)).toEqual([1000, 1010, 1020, 1030, 1040]);
    expect(sent.map(({ at }) => at)).toEqual([1000, 1010, 1020, 1030, 1040]);
  });

  it('keeps the planned moments when a timer comes late, and sends at once what is overdue', async () => {
    const sent = await sentBy(new LateClock(1000, (sleeps) => (sleeps === 1 ? 25 : 0)));
    expect(sent.map(({ planned }) => planned)).toEqual([1000, 1010, 1020, 1030, 1040]);
    expect(sent.map(({ at }) => at)).toEqual([1000, 1035, 1035, 1035, 1040]);
  });

  it('does not plan later because sending takes longer than the rate allows', async () => {
    const sent = await sentBy(new LateClock(1000), { busyMs: 30 });
    expect(sent.map(({ planned }) => planned)).toEqual([1000, 1010, 1020, 1030, 1040]);
    expect(sent.map(({ at }) => at)).toEqual([1000, 1030, 1060, 1090, 1120]);
  });

  it('sends nothing before the moment that it is to begin', async () => {
    const sent = await sentBy(new LateClock(1000), { beginAt: 1500 });
    expect(sent.map(({ at }) => at)).toEqual([1500, 1510, 1520, 1530, 1540]);
  });

  it('keeps to the rate on the real clock', async () => {
    const began = performance.now();
    let count = 0;
    await openLoop({ perSecond: 200, count: 21, send: () => (count += 1) });
    expect(count).toBe(21);
    expect(performance.now() - began).toBeGreaterThanOrEqual(99);
  });
});
