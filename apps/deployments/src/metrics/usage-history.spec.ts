import { describe, expect, it } from 'vitest';

import type { Usage } from './usage.js';
import { KEPT_MS, UsageHistory } from './usage-history.js';

const T0 = Date.parse('2026-03-01T10:00:00Z');
const usage = (seconds: number, cores: number, mebibytes = 1): Usage => ({
  time: T0 + seconds * 1_000,
  windowMs: 15_000,
  pods: [
    { name: 'a', nanocores: cores * 5e8, bytes: 1024 * 1024 * mebibytes },
    { name: 'b', nanocores: cores * 5e8, bytes: 0 },
  ],
});

describe('UsageHistory', () => {
  /** One App, seen at these seconds with as many cores. */
  function seen(...samples: [seconds: number, cores: number][]): UsageHistory {
    const history = new UsageHistory();
    for (const [seconds, cores] of samples)
      history.add(new Map([['app', usage(seconds, cores)]]), T0 + seconds * 1_000);
    return history;
  }
  const cores = (history: UsageHistory, resolutionMs = 60_000, range: { from?: number; to?: number } = {}, now = T0) =>
    history
      .history('app', { ...range, resolutionMs }, now)
      .map(({ time, nanocores }) => [(time - T0) / 1_000, nanocores / 1e9]);

  it('gives the mean of each interval, oldest first, and no point where nothing was seen', () => {
    expect(cores(seen([0, 1], [15, 2], [59, 3], [60, 5], [190, 7]))).toEqual([
      [0, 2],
      [60, 5],
      [180, 7],
    ]);
  });

  it('has the resolution that is asked for', () => {
    expect(cores(seen([0, 1], [15, 2], [30, 3]), 30_000)).toEqual([
      [0, 1.5],
      [30, 3],
    ]);
    expect(cores(seen([0, 1], [300, 3]), 3_600_000)).toEqual([[0, 2]]);
  });

  it('keeps to the range that is asked for, its ends included', () => {
    const history = seen([0, 1], [60, 2], [120, 3], [180, 4]);
    const range = { from: T0 + 60_000, to: T0 + 120_000 };
    expect(cores(history, 60_000, range)).toEqual([
      [60, 2],
      [120, 3],
    ]);
    expect(cores(history, 60_000, { from: T0 + 999_000 })).toEqual([]);
  });

  it('counts a sample once that the cluster tells twice', () => {
    expect(cores(seen([0, 1], [15, 4], [15, 4], [15, 4]))).toEqual([[0, 2.5]]);
  });

  it('keeps one hour and no more, of Apps that are gone as well', () => {
    const history = seen([0, 1], [60, 2], [3_000, 3]);
    const now = T0 + 60_000 + KEPT_MS;
    expect(cores(history, 60_000, {}, now)).toEqual([[3_000, 3]]);
    history.add(new Map(), now);
    expect(cores(history)).toEqual([[3_000, 3]]);
    history.add(new Map(), now + KEPT_MS);
    expect(cores(history)).toEqual([]);
  });

  it('has no newest sample of an App that the cluster tells no more of, and keeps its history', () => {
    const history = seen([0, 1]);
    expect(history.of('app')?.pods).toHaveLength(2);
    history.add(new Map(), T0 + 15_000);
    expect(history.of('app')).toBeUndefined();
    expect(cores(history)).toEqual([[0, 1]]);
  });
});
