import { describe, expect, it } from 'vitest';

import { RateLimit } from './rate-limit.js';

describe('RateLimit', () => {
  it('refuses the request after the last one, and only that caller', () => {
    const limit = new RateLimit(2, () => 0);
    expect(limit.take('a')).toEqual({ limit: 2, remaining: 1, resetSeconds: 60, exceeded: false });
    expect(limit.take('a')).toMatchObject({ remaining: 0, exceeded: false });
    expect(limit.take('a')).toMatchObject({ remaining: 0, exceeded: true });
    expect(limit.take('b')).toMatchObject({ exceeded: false });
  });

  it('begins again when the minute is over', () => {
    let now = 0;
    const limit = new RateLimit(1, () => now);
    limit.take('a');
    now = 59_500;
    expect(limit.take('a')).toMatchObject({ exceeded: true, resetSeconds: 1 });
    now = 60_000;
    expect(limit.take('a')).toMatchObject({ exceeded: false, resetSeconds: 60 });
  });

  it('limits nothing when the limit is 0', () => expect(new RateLimit(0).take('a')).toBeUndefined());
});
