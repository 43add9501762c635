import { describe, expect, it } from 'vitest';

import { unwrap, wrap } from './wrap.js';

describe('a signing key at rest', () => {
  it('opens with the same secret and key id alone', () => {
    const wrapped = wrap('a secret', 'k1', 'private');
    expect(wrapped).not.toContain('private');
    expect(unwrap('a secret', 'k1', wrapped)).toBe('private');
    expect(unwrap('another', 'k1', wrapped)).toBeNull();
    expect(unwrap('a secret', 'k2', wrapped)).toBeNull();
  });
});
