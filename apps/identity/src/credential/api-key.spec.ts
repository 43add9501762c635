import { isApiKey } from '@slipway/contracts';
import { describe, expect, it } from 'vitest';

import { digestOf, makeApiKey } from './api-key.js';

describe('an API key', () => {
  it('has the digest of the published vector', () => {
    expect(digestOf('ce_dev_4kT9wQz1XbR7mVc2LpY8sHd6NfJ3gAe53tq193')).toBe(
      'ace1a04ebf0fba770bbfe9a997a40ec1750806cd8e565d714ecc52b79129a403',
    );
  });

  it('is prefix, 32 random base62 characters and a checksum, and never the same twice', () => {
    const [one, two] = [makeApiKey('ce_dev_'), makeApiKey('ce_dev_')];
    expect(one.value).toMatch(/^ce_dev_[0-9A-Za-z]{38}$/);
    expect(isApiKey(one.value)).toBe(true);
    expect(one.value).not.toBe(two.value);
    expect(one.hint).toBe(one.value.slice(-4));
  });
});
