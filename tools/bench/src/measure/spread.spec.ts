import { describe, expect, it } from 'vitest';

import { spreadOf } from './spread.js';

describe('spreadOf', () => {
  it.each([
    [[3], { min: 3, median: 3, max: 3 }],
    [[5, 1, 3], { min: 1, median: 3, max: 5 }],
    [[10, 9, 100, 8], { min: 8, median: 9.5, max: 100 }],
  ])('of %j', (values, expected) => {
    expect(spreadOf(values)).toEqual(expected);
  });

  it.each([[[]], [[1, Number.NaN]], [[1, Number.POSITIVE_INFINITY]]])('refuses %j', (values) => {
    expect(() => spreadOf(values)).toThrow();
  });
});
