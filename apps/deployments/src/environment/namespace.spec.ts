import { describe, expect, it } from 'vitest';

import { dedicatedNamespace } from './namespace.js';

describe('dedicatedNamespace', () => {
  const id = '7c9e6679-7425-40de-944b-e07fc1f90ae7';

  it('names prefix, App and digits of the id', () => {
    expect(dedicatedNamespace('ce', { id, name: 'shop' })).toBe('ce-shop-7c9e6679');
  });

  it('cuts the name to 40 characters', () => {
    expect(dedicatedNamespace('ce', { id, name: 'n'.repeat(63) })).toBe(`ce-${'n'.repeat(40)}-7c9e6679`);
  });
});
