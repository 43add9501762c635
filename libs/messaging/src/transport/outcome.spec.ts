import { describe, expect, it } from 'vitest';

import { MAX_TRIES, retryDelayMs } from './outcome.js';

const LONGEST_TRY_MS = 10_000;
const tries = Array.from({ length: MAX_TRIES }, (_, index) => index + 1);
const patienceMs = (waitedFor: boolean): number =>
  tries.reduce((sum, one) => sum + (retryDelayMs(one, waitedFor) ?? 0), 0);

describe('retryDelayMs', () => {
  it.each([true, false])('has a delay after every try but the last (waited for: %s)', (waitedFor) => {
    expect(tries.filter((one) => retryDelayMs(one, waitedFor) === undefined)).toEqual([MAX_TRIES]);
  });

  it('fits the tries of a command into the ten seconds in which it is waited for', () => {
    expect(patienceMs(true)).toBeLessThan(5_000);
  });

  it('gives up what nobody waits for before the five minutes are over in which all has to be quiet', () => {
    expect(patienceMs(false) + MAX_TRIES * LONGEST_TRY_MS).toBeLessThan(5 * 60_000);
  });
});
