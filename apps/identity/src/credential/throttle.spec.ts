import { describe, expect, it } from 'vitest';

import { afterFailure, FREE_FAILURES, waitMs, WINDOW_MS, type Failures } from './throttle.js';

const now = new Date('2026-03-01T10:00:00Z');
const later = (ms: number) => new Date(now.getTime() + ms);

function failures(count: number): Failures {
  let current: Failures | null = null;
  for (let i = 0; i < count; i++) current = afterFailure(current, now);
  if (!current) throw new Error('no failure');
  return current;
}

describe('the login throttle', () => {
  it('hears ten failures of an address from one client at once', () => {
    expect(waitMs(null, FREE_FAILURES.client, now)).toBe(0);
    expect(waitMs(failures(9), FREE_FAILURES.client, now)).toBe(0);
  });

  it('then waits a second, doubling up to fifteen minutes, never for ever', () => {
    expect(waitMs(failures(10), FREE_FAILURES.client, now)).toBe(1000);
    expect(waitMs(failures(11), FREE_FAILURES.client, now)).toBe(2000);
    expect(waitMs(failures(60), FREE_FAILURES.client, now)).toBe(WINDOW_MS);
    expect(waitMs(failures(11), FREE_FAILURES.client, later(2000))).toBe(0);
  });

  it('allows an account a hundred failures from anywhere', () => {
    expect(waitMs(failures(99), FREE_FAILURES.account, now)).toBe(0);
    expect(waitMs(failures(100), FREE_FAILURES.account, now)).toBe(1000);
  });

  it('goes on counting as long as less than fifteen minutes lie between two failures', () => {
    let current: Failures | null = null;
    for (let i = 0; i < 11; i++) current = afterFailure(current, later(i * 0.9 * WINDOW_MS));
    expect(current?.count).toBe(11);
    expect(waitMs(current, FREE_FAILURES.client, later(9 * WINDOW_MS))).toBe(2000);
  });

  it('forgets after fifteen quiet minutes', () => {
    expect(waitMs(failures(60), FREE_FAILURES.client, later(WINDOW_MS + 1))).toBe(0);
    expect(afterFailure(failures(60), later(WINDOW_MS + 1)).count).toBe(1);
  });
});
