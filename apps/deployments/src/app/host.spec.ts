import { describe, expect, it } from 'vitest';

import { hostCandidates } from './host.js';

const id = '7c9e6679-7425-40de-944b-e07fc1f90ae7';

describe('hostCandidates', () => {
  it('wishes for the name, then for the name with 6 and 12 digits of the id', () => {
    expect(hostCandidates({ id, name: 'shop' }, 'apps.example.com', [])).toEqual([
      'shop.apps.example.com',
      'shop-7c9e66.apps.example.com',
      'shop-7c9e66797425.apps.example.com',
    ]);
  });

  it('cuts a long name so that no label is longer than 63', () => {
    const [whole, six, twelve] = hostCandidates({ id, name: 'n'.repeat(63) }, 'x', []);
    expect(whole).toBe(`${'n'.repeat(63)}.x`);
    expect(six).toBe(`${'n'.repeat(56)}-7c9e66.x`);
    expect(twelve).toBe(`${'n'.repeat(50)}-7c9e66797425.x`);
  });

  it.each([['www'], ['WWW'], ['www.apps.example.com']])('leaves out what %s reserves', (reserved) => {
    expect(hostCandidates({ id, name: 'www' }, 'apps.example.com', [reserved])[0]).toBe('www-7c9e66.apps.example.com');
  });
});
