import { describe, expect, it } from 'vitest';

import { now } from '../measure/clock.js';
import { Expected } from './line-readers.js';

const message = (line: number, plannedMs = now()) =>
  Buffer.from(
    `{"timestamp":"2026-03-01T10:00:00.123Z","level":"info","message":"line ${line} ${Math.round(plannedMs * 1000)}","pod":"p"}`,
  );

describe('Expected', () => {
  it('is complete when each reader has each line, and counts from the planned moment', async () => {
    const expected = new Expected(2, 3, 0);
    const planned = now() - 250;
    for (const reader of [0, 1]) for (const line of [0, 1, 2]) expected.take(reader, message(line, planned));
    await expected.complete(0);
    expect(expected.latencies.count).toBe(6);
    expect(expected.latencies.percentileMs(50)).toBeGreaterThanOrEqual(249);
    expect(expected.latencies.percentileMs(50)).toBeLessThan(2_000);
  });

  it.each([
    ['is lost', [0, 2], 'reader 0 got line 2 instead of 1'],
    ['comes twice', [0, 1, 1], 'reader 0 got line 1 instead of 2'],
    ['overtakes', [1, 0, 2], 'reader 0 got line 1 instead of 0'],
    ['does not come', [0, 1], '1 of 3 lines did not come'],
  ])('is wrong when a line %s', async (_, lines, reason) => {
    const expected = new Expected(1, 3, 0);
    for (const line of lines) expected.take(0, message(line));
    await expect(expected.complete(0)).rejects.toThrow(reason);
  });

  it('does not count the lines of the warm-up', async () => {
    const expected = new Expected(1, 4, 3);
    for (const line of [0, 1, 2, 3]) expected.take(0, message(line));
    await expected.complete(0);
    expect(expected.latencies.count).toBe(1);
  });
});
