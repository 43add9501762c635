import { describe, expect, it } from 'vitest';

import { sizeOfQuantity } from './quantity.js';

describe('sizeOfQuantity', () => {
  it.each([
    ['1', 1],
    ['100m', 0.1],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['2.', 2],
    ['1e3', 1_000],
    ['1E3', 1_000],
    ['1E', 1e18],
    ['1k', 1_000],
    ['64Ki', 65_536],
    ['128Mi', 134_217_728],
    ['1Gi', 1_073_741_824],
  ])('of %s', (text, size) => expect(sizeOfQuantity(text)).toBeCloseTo(size, 9));

  it.each(['', 'x', '-1', '1Q', '1K', '1 Mi'])('is none of %j', (text) => expect(sizeOfQuantity(text)).toBeNaN());
});
