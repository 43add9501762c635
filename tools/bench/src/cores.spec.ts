import { describe, expect, it } from 'vitest';

import { onCores, splitCores } from './cores.js';

describe('splitCores', () => {
  it.each([
    [2, { driver: 1, world: 1, system: [0] }],
    [3, { driver: 2, world: 2, system: [0, 1] }],
    [8, { driver: 7, world: 6, system: [0, 1, 2, 3, 4, 5] }],
  ])('of %i leaves the driver one that the system has not', (count, expected) => {
    expect(splitCores(count)).toEqual(expected);
  });

  it('of one splits nothing', () => {
    expect(splitCores(1)).toBeUndefined();
  });
});

describe('onCores', () => {
  it('binds a command, or leaves it as it is', () => {
    expect(onCores([0, 2], ['node', 'x.js'])).toEqual(['taskset', '-c', '0,2', 'node', 'x.js']);
    expect(onCores(undefined, ['node', 'x.js'])).toEqual(['node', 'x.js']);
  });
});
