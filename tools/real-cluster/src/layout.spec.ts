import { describe, expect, it } from 'vitest';

import { layoutOf } from './layout.js';

describe('layoutOf', () => {
  it('keeps two clusters of one machine apart', () => {
    const one = layoutOf('slipway');
    const other = layoutOf('second');
    const keys = [
      'folder',
      'node',
      'bridge',
      'nodeAddress',
      'podNetwork',
      'serviceNetwork',
      'firstPort',
      'cgroup',
    ] as const;
    for (const key of keys) {
      expect(one[key]).not.toBe(other[key]);
    }
  });

  it('gives the node the first address of the pods’ network', () => {
    expect(layoutOf('slipway')).toMatchObject({ nodeAddress: '10.205.213.1', podNetwork: '10.205.213.0/24' });
  });

  it.each(['', 'twelve-chars', 'Upper', '../etc', 'abcdefghijkl'])('refuses the name %o', (name) => {
    expect(() => layoutOf(name)).toThrow(/1 to 11 lower-case letters and digits/);
  });
});
