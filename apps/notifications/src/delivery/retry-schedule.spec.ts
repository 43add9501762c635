import { describe, expect, it } from 'vitest';

import { MAX_ATTEMPTS, nextDelayMs, retryAfterMsOf } from './retry-schedule.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const middle = (): number => 0.5;

describe('nextDelayMs', () => {
  it.each([
    [1, 5 * SECOND],
    [2, 5 * MINUTE],
    [3, 30 * MINUTE],
    [4, 2 * HOUR],
    [5, 5 * HOUR],
    [6, 10 * HOUR],
    [7, 14 * HOUR],
    [8, 20 * HOUR],
    [9, 24 * HOUR],
  ])('waits after failure %i for %i ms, 20 %% more or less', (failures, delayMs) => {
    expect(nextDelayMs(failures, null, middle)).toBe(delayMs);
    expect(nextDelayMs(failures, null, () => 0)).toBe(0.8 * delayMs);
    expect(nextDelayMs(failures, null, () => 0.999_999_999)).toBeCloseTo(1.2 * delayMs, -1);
  });

  it('gives up after ten attempts, whatever the receiver asks for', () => {
    expect(nextDelayMs(MAX_ATTEMPTS, null, middle)).toBeUndefined();
    expect(nextDelayMs(MAX_ATTEMPTS, MINUTE, middle)).toBeUndefined();
    expect(MAX_ATTEMPTS).toBe(10);
  });

  it('waits as long as the receiver asks for, at most a day, and never shorter than planned', () => {
    expect(nextDelayMs(1, MINUTE, middle)).toBe(MINUTE);
    expect(nextDelayMs(2, SECOND, middle)).toBe(5 * MINUTE);
    expect(nextDelayMs(1, 1_000 * HOUR, middle)).toBe(24 * HOUR);
  });
});

describe('retryAfterMsOf', () => {
  const now = new Date('2026-03-01T10:00:00Z');

  it.each([
    [undefined, null],
    ['120', 120_000],
    ['0', 0],
    ['Sun, 01 Mar 2026 10:01:00 GMT', 60_000],
    ['Sun, 01 Mar 2026 09:00:00 GMT', 0],
    ['-5', null],
    ['1.5', null],
    ['soon', null],
    ['', null],
  ])('reads %j as %j', (header, delayMs) => {
    expect(retryAfterMsOf(header, now)).toBe(delayMs);
  });
});
