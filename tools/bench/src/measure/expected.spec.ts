import { describe, expect, it } from 'vitest';

import { now } from './clock.js';
import { Expected } from './expected.js';
import { markOf } from './mark.js';

const message = (index: number, planned = now()) =>
  Buffer.from(`{"timestamp":"2026-03-01T10:00:00.123Z","message":"${markOf(index, planned)}","pod":"p"}`);

describe('Expected', () => {
  it('is complete when each reader has each message, and counts from the planned moment', async () => {
    const expected = new Expected({ readers: 2, messages: 3 });
    const planned = now() - 250;
    for (const reader of [0, 1]) for (const index of [0, 1, 2]) expected.take(reader, message(index, planned));
    await expected.complete(0);
    expect(expected.latencies.count).toBe(6);
    expect(expected.latencies.percentileMs(50)).toBeGreaterThanOrEqual(249);
    expect(expected.latencies.percentileMs(50)).toBeLessThan(2_000);
  });

  it.each([
    ['is lost', [0, 2], 'reader 0 got message 2 instead of 1'],
    ['comes twice', [0, 1, 1], 'reader 0 got message 1 instead of 2'],
    ['overtakes', [1, 0, 2], 'reader 0 got message 1 instead of 0'],
    ['does not come', [0, 1], '1 of 3 messages did not come'],
  ])('is wrong when a message %s', async (_, indexes, reason) => {
    const expected = new Expected({ readers: 1, messages: 3 });
    for (const index of indexes) expected.take(0, message(index));
    await expect(expected.complete(0)).rejects.toThrow(reason);
  });

  it('lets messages overtake where no order is promised, and none come twice', async () => {
    const expected = new Expected({ readers: 2, messages: 2, anyOrder: true });
    for (const index of [1, 0]) for (const reader of [0, 1]) expected.take(reader, message(index));
    await expected.complete(0);
    const twice = new Expected({ readers: 2, messages: 2, anyOrder: true });
    for (const index of [1, 1, 0, 0]) twice.take(1, message(index));
    await expect(twice.complete(0)).rejects.toThrow('reader 1 got message 1 again');
  });

  it('is wrong when something else comes', async () => {
    const expected = new Expected({ readers: 1, messages: 1 });
    expected.take(0, Buffer.from('{"message":"37 lines dropped"}'));
    await expect(expected.complete(0)).rejects.toThrow('37 lines dropped');
  });

  it('does not count what is sent to warm up', async () => {
    const expected = new Expected({ readers: 1, messages: 4, warmUp: 3 });
    for (const index of [0, 1, 2, 3]) expected.take(0, message(index));
    await expected.complete(0);
    expect(expected.latencies.count).toBe(1);
  });
});
