import { describe, expect, it } from 'vitest';

import { API_KEY_PREFIX, apiKeyChecksum, isApiKey } from './api-key.js';

describe('the format of an API key', () => {
  it('has the checksum of the published vector', () => {
    expect(apiKeyChecksum('ce_dev_4kT9wQz1XbR7mVc2LpY8sHd6NfJ3gAe5')).toBe('3tq193');
  });

  it.each(['ce_dev_', 'A1', 'k'.repeat(32)])('may begin with %j', (prefix) => expect(prefix).toMatch(API_KEY_PREFIX));
  it.each(['', 'ce-dev-', 'k'.repeat(33), 'a.b', 'a b', 'ké', 'k\n'])('may not begin with %j', (prefix) =>
    expect(prefix).not.toMatch(API_KEY_PREFIX),
  );

  it('tells a key from a mistyped, a cut and a short one', () => {
    const key = 'ce_dev_4kT9wQz1XbR7mVc2LpY8sHd6NfJ3gAe53tq193';
    expect(isApiKey(key)).toBe(true);
    expect(isApiKey(key.replace('9', '8'))).toBe(false);
    expect(isApiKey(key.slice(0, -1))).toBe(false);
    for (const wrong of [`${key.slice(0, -1)}4`, key.slice(1), key.toLowerCase(), `${key} `, '', 'short']) {
      expect(isApiKey(wrong), wrong).toBe(false);
    }
    expect(isApiKey(`a${apiKeyChecksum('a')}`)).toBe(false);
  });
});
