import { describe, expect, it } from 'vitest';

import { parseQuantity } from './quantities.js';

describe('quantities', () => {
  it.each([
    ['500m', 0.5],
    ['2', 2],
    [2, 2],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['128Mi', 128 * 2 ** 20],
    ['1k', 1000],
    ['1e3', 1000],
    ['.5', 0.5],
  ])('%s is %d', (text, expected) => {
    expect(parseQuantity(text)).toBe(expected);
  });

  it.each(['', 'a lot', '1GB', '1 Gi', '--1'])('"%s" is none', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });
});
