import { describe, expect, it } from 'vitest';

import { billionths } from './quantity.js';

describe('billionths', () => {
  it.each([
    ['100m', '0.1'],
    ['700m', '.7'],
    ['1', '1000m'],
    ['1Ki', '1024'],
    ['1.5Gi', '1536Mi'],
    ['1e3', '1k'],
    ['1E3', '1000'],
    ['1E', '1e18'],
    ['2.', '2'],
    ['0.0000000001', '1n'],
  ])('reads %s as %s', (one, other) => {
    expect(billionths(one)).toBe(billionths(other));
  });

  it.each([
    ['128Mi', '128M'],
    ['1001m', '1'],
    ['1u', '1n'],
  ])('tells %s above %s', (more, less) => {
    expect(billionths(more) > billionths(less)).toBe(true);
  });
});
