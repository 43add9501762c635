import type { FeedReaders } from '@slipway/contracts';
import type { Bus, LiveMessage } from '@slipway/messaging';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Readers } from './readers.js';

describe('Readers.count', () => {
  let readers: Readers;
  let tell: (gateway: string, told: FeedReaders) => void;

  beforeEach(() => {
    vi.useFakeTimers();
    const subscribe = (_: string, onMessage: (message: LiveMessage) => void) => {
      tell = (gateway, payload) => onMessage({ subject: `readers.${gateway}`, payload });
      return { unsubscribe: () => undefined };
    };
    readers = new Readers({ subscribe } as unknown as Bus);
    readers.onModuleInit();
  });
  afterEach(() => vi.useRealTimers());

  it('is nothing before a gateway has told', () => {
    expect(readers.count()).toEqual({ users: 0, connections: 0 });
  });

  it('adds the connections of all gateways, and takes a user who reads through two for one', () => {
    tell('a', { connections: 4, users: ['kim', 'lee'] });
    tell('b', { connections: 3, users: ['lee', 'ann'] });
    expect(readers.count()).toEqual({ users: 3, connections: 7 });
  });

  it('believes what a gateway told last', () => {
    tell('a', { connections: 4, users: ['kim', 'lee'] });
    tell('a', { connections: 1, users: ['kim'] });
    expect(readers.count()).toEqual({ users: 1, connections: 1 });
  });

  it('forgets a gateway that has been silent for longer than 15 s, and no other', () => {
    tell('a', { connections: 1, users: ['kim'] });
    vi.advanceTimersByTime(15_000);
    tell('b', { connections: 2, users: ['lee'] });
    expect(readers.count()).toEqual({ users: 2, connections: 3 });
    vi.advanceTimersByTime(1);
    expect(readers.count()).toEqual({ users: 1, connections: 2 });
  });
});
