import { describe, expect, it } from 'vitest';

import { Backoff } from './backoff.js';

describe('Backoff', () => {
  it('doubles up to its last wait and starts over after a reset', () => {
    const backoff = new Backoff(100, 1_000, () => 1);
    expect(Array.from({ length: 6 }, () => backoff.nextMs())).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    backoff.reset();
    expect(backoff.nextMs()).toBe(100);
  });

  it('cuts by chance down to a half', () => {
    expect(new Backoff(100, 1_000, () => 0).nextMs()).toBe(50);
  });
});
