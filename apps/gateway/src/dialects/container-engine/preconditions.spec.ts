import { describe, expect, it } from 'vitest';

import { ifMatchOf, waitSecondsOf } from './preconditions.js';

describe('ifMatchOf', () => {
  it.each([
    [undefined, undefined],
    ['*', undefined],
    ['"7"', 7],
    [' "12" ', 12],
    ['W/"7"', Number.MAX_SAFE_INTEGER],
    ['"abc"', Number.MAX_SAFE_INTEGER],
    ['""', Number.MAX_SAFE_INTEGER],
    ['"007"', Number.MAX_SAFE_INTEGER],
  ])('reads %j', (header, version) => expect(ifMatchOf(header)).toBe(version));

  it.each(['7', '"7', '"1", "2"', ''])('refuses %j', (header) =>
    expect(() => ifMatchOf(header)).toThrow(
      expect.objectContaining({ status: 400, details: 'If-Match: must be one ETag or *' }),
    ),
  );
});

describe('waitSecondsOf', () => {
  it.each([
    ['wait=0', 0],
    ['wait=25', 25],
    ['return=minimal, wait=3', 3],
    ['respond-async; wait = "4"', 4],
    ['wait=26', undefined],
    ['wait=-1', undefined],
    ['wait=1.5', undefined],
    ['await=3', undefined],
    [undefined, undefined],
  ])('reads %j', (header, seconds) => expect(waitSecondsOf(header)).toBe(seconds));
});
