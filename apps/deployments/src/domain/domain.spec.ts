import { describe, expect, it } from 'vitest';

import { newDomain, nextCheck, stillLed, unproven } from './domain.js';

const HOUR = 3_600;
const DAY = 24 * HOUR;
const since = new Date('2026-03-01T10:00:00.000Z');
const at = (seconds: number): Date => new Date(since.getTime() + seconds * 1_000);
const domain = newDomain(
  {
    id: '6fa459ea-ee8a-4ca4-894e-db77e160355e',
    appId: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
    host: 'a.b',
    token: 't',
  },
  since,
);

describe('nextCheck', () => {
  it.each([
    [0, 5],
    [5, 15],
    [15, 60],
    [60, 660],
    [660, 1_260],
    [7 * DAY - 600, 7 * DAY],
  ])('after %d s is the one at %d s', (now, next) => {
    expect(nextCheck(since, at(now))).toEqual(at(next));
  });

  it('is none after seven days', () => {
    expect(nextCheck(since, at(7 * DAY))).toBeNull();
  });
});

describe('unproven', () => {
  it('waits for the next check, and says what is missing', () => {
    expect(unproven(domain, 'Nothing there.', at(5))).toMatchObject({
      state: 'pending',
      reason: 'Nothing there.',
      nextCheckAt: at(15),
    });
  });

  it('fails after seven days', () => {
    expect(unproven(domain, 'Nothing there.', at(7 * DAY))).toMatchObject({
      state: 'failed',
      reason: 'Nothing there. Verify it again once the record is there.',
      nextCheckAt: null,
    });
  });

  it('begins anew after a failure', () => {
    const again = unproven({ ...domain, state: 'failed', nextCheckAt: null }, 'Nothing there.', at(8 * DAY));
    expect(again).toMatchObject({ state: 'pending', checkedSince: at(8 * DAY), nextCheckAt: at(8 * DAY + 5) });
  });
});

describe('stillLed', () => {
  it('is looked at again in five seconds, also where looking had been given up', () => {
    const again = stillLed({ ...domain, state: 'failed', nextCheckAt: null }, at(8 * DAY));
    expect(again).toMatchObject({ state: 'pending', checkedSince: at(8 * DAY), nextCheckAt: at(8 * DAY + 5) });
    expect(again.reason).toMatch(/still leads this host/);
  });
});
