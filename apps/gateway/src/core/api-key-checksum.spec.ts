import { describe, expect, it } from 'vitest';

import { hasKeyChecksum } from './api-key-checksum.js';

// The vector of the dialect's specification.
const key = 'ce_dev_4kT9wQz1XbR7mVc2LpY8sHd6NfJ3gAe53tq193';

describe('hasKeyChecksum', () => {
  it('accepts the published vector', () => expect(hasKeyChecksum(key)).toBe(true));

  it.each([
    key.replace('4kT9', '4kT8'),
    `${key.slice(0, -1)}4`,
    key.slice(1),
    key.toLowerCase(),
    `${key} `,
    '',
    'short',
  ])('refuses %j', (value) => expect(hasKeyChecksum(value)).toBe(false));
});
