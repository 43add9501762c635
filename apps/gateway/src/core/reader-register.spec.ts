import type { FeedReaders } from '@slipway/contracts';
import type { Bus } from '@slipway/messaging';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ReaderRegister } from './reader-register.js';

describe('ReaderRegister', () => {
  let told: FeedReaders[];
  let subjects: Set<string>;
  let register: ReaderRegister;

  beforeEach(() => {
    vi.useFakeTimers();
    told = [];
    subjects = new Set();
    const emit = (subject: string, payload: FeedReaders) => {
      subjects.add(subject);
      told.push(payload);
    };
    register = new ReaderRegister({ emit } as unknown as Bus);
    register.onModuleInit();
  });
  afterEach(() => {
    register.onModuleDestroy();
    vi.useRealTimers();
  });

  it('tells every five seconds, also when nobody reads', () => {
    vi.advanceTimersByTime(10_000);
    expect(told).toEqual([
      { connections: 0, users: [] },
      { connections: 0, users: [] },
    ]);
    expect(subjects.size).toBe(1);
  });

  it('tells a change within 100 ms, and what changes meanwhile along with it', () => {
    const leave = register.enter('kim');
    register.enter('kim');
    register.enter('lee');
    vi.advanceTimersByTime(100);
    expect(told).toEqual([{ connections: 3, users: [expect.any(String), expect.any(String)] }]);
    leave();
    leave();
    vi.advanceTimersByTime(100);
    expect(told.map(({ connections, users }) => [connections, users.length])).toEqual([
      [3, 2],
      [2, 2],
    ]);
    vi.advanceTimersByTime(4_000);
    expect(told).toHaveLength(2);
  });

  it('fits a hundred thousand users into less than half of what a message may have', () => {
    for (let number = 0; number < 100_000; number += 1) register.enter(`0b9f7f3e-52a4-4c0e-9a70-${number}`);
    vi.advanceTimersByTime(100);
    expect(new Set(told[0]?.users).size).toBe(100_000);
    expect(JSON.stringify(told[0]).length).toBeLessThan(2 * 1024 * 1024);
  });

  it('tells that its readers are gone when the gateway stops', () => {
    register.enter('kim');
    register.onModuleDestroy();
    expect(told).toEqual([{ connections: 0, users: [] }]);
    vi.advanceTimersByTime(10_000);
    expect(told).toHaveLength(1);
  });
});
