import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { PassQueue } from './pass-queue.js';

describe('PassQueue', () => {
  const passes: string[] = [];
  const ends = new Map<string, { resolve: (nextMs?: number) => void; reject: (error: Error) => void }>();
  const retries: number[] = [];
  let queue: PassQueue;

  beforeEach(() => {
    vi.useFakeTimers();
    queue = new PassQueue({
      concurrency: 2,
      run: (key) => {
        passes.push(key);
        return new Promise((resolve, reject) => ends.set(key, { resolve, reject }));
      },
      onError: (_key, _error, retryMs) => void retries.push(retryMs),
    });
    queue.resume();
  });

  afterEach(() => {
    passes.length = 0;
    retries.length = 0;
    ends.clear();
    vi.useRealTimers();
  });

  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  const end = async (key: string, nextMs?: number) => {
    ends.get(key)?.resolve(nextMs);
    await pass(0);
  };
  const fail = async (key: string) => {
    ends.get(key)?.reject(new Error('away'));
    await pass(0);
  };

  it('runs a key once however often it is woken before', async () => {
    queue.wake('a');
    queue.wake('a');
    await pass(1);
    expect(passes).toEqual(['a']);
  });

  it('never runs a key beside itself, and runs it again when it was woken meanwhile', async () => {
    queue.wake('a');
    await pass(1);
    queue.wake('a');
    queue.wake('a');
    await pass(5_000);
    expect(passes).toEqual(['a']);
    await end('a');
    await pass(200);
    expect(passes).toEqual(['a', 'a']);
    await end('a');
    await pass(60_000);
    expect(passes).toEqual(['a', 'a']);
  });

  it('runs other keys beside it, as many as it may', async () => {
    for (const key of ['a', 'b', 'c']) queue.wake(key);
    await pass(1);
    expect(passes).toEqual(['a', 'b']);
    await end('a');
    expect(passes).toEqual(['a', 'b', 'c']);
  });

  it('runs a key again after the time that its pass asks for, or earlier when woken', async () => {
    queue.wake('a');
    await pass(1);
    await end('a', 10_000);
    await pass(9_000);
    expect(passes).toHaveLength(1);
    await pass(1_100);
    expect(passes).toHaveLength(2);
    await end('a', 10_000);
    await pass(500);
    queue.wake('a');
    await pass(1);
    expect(passes).toHaveLength(3);
  });

  it('retries a failing key ever more seldom, others are not held up', async () => {
    queue.wake('bad');
    await pass(1);
    for (let round = 0; round < 8; round++) {
      await fail('bad');
      await pass(75_000);
    }
    expect(retries.map((ms) => Math.abs(Math.round(Math.log2(ms / 1000))))).toEqual([0, 1, 2, 3, 4, 5, 6, 6]);
    queue.wake('good');
    await pass(1);
    expect(passes.at(-1)).toBe('good');
  });

  it('tries a failing key at most once a second, however often it is woken', async () => {
    queue.wake('a');
    await pass(1);
    for (let round = 0; round < 4; round++) await fail('a').then(() => pass(75_000));
    passes.length = 0;
    await fail('a');
    for (let ms = 0; ms < 900; ms += 100) {
      queue.wake('a');
      await pass(100);
    }
    expect(passes).toHaveLength(0);
    await pass(101);
    expect(passes).toHaveLength(1);
  });

  it('is reminded by a clock of keys that rest, not of those that run or fail', async () => {
    queue.remind('a');
    await pass(1);
    queue.remind('a');
    await end('a', 300_000);
    await pass(1_000);
    expect(passes).toHaveLength(1);
    queue.remind('a');
    await pass(1);
    expect(passes).toHaveLength(2);
    for (let round = 0; round < 4; round++) await fail('a').then(() => pass(75_000));
    passes.length = 0;
    await fail('a');
    for (let ms = 0; ms < 5_000; ms += 100) {
      queue.remind('a');
      await pass(100);
    }
    expect(passes).toEqual([]);
  });

  it('starts nothing once it is stopped, waits for what runs, and starts again', async () => {
    for (const key of ['a', 'b', 'c']) queue.wake(key);
    await pass(1);
    let stopped = false;
    void queue.stop().then(() => (stopped = true));
    await end('a', 10);
    expect(stopped).toBe(false);
    await end('b');
    await pass(1_000);
    expect({ stopped, passes }).toEqual({ stopped: true, passes: ['a', 'b'] });
    queue.resume();
    queue.wake('c');
    await pass(1);
    expect(passes).toEqual(['a', 'b', 'c']);
  });
});
