import { describe, expect, it } from 'vitest';

import { Lateness } from './loop-lag.js';

describe('Lateness', () => {
  const after = (...means: number[]): boolean => {
    const lateness = new Lateness();
    for (const mean of means) lateness.note(mean);
    return lateness.isSustained;
  };

  it.each<[string, number[], boolean]>([
    ['three late seconds in a row', [201, 201, 201], true],
    ['two', [5_000, 5_000], false],
    ['three with a good one among them', [900, 900, 3, 900], false],
    ['three, until a good one follows', [900, 900, 900, 200], false],
    ['three without a second turn', [NaN, NaN, NaN], true],
  ])('is judged from %s', (_, means, isSustained) => {
    expect(after(...means)).toBe(isSustained);
  });
});
