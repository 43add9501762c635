import { readConfig } from '@slipway/runtime';
import { describe, expect, it } from 'vitest';

import { IdentityConfig } from './identity.config.js';

describe('IdentityConfig', () => {
  const issue = (secret: string) =>
    readConfig(IdentityConfig, { JWT_SECRET: secret }, false).issues.find(({ variable }) => variable === 'JWT_SECRET');

  it('counts the bytes of JWT_SECRET, not its characters', () => {
    expect(issue('é'.repeat(16))).toBeUndefined();
    expect(issue('k'.repeat(32))).toBeUndefined();
    expect(issue('k'.repeat(31))?.text).toMatch(/^must have at least 32 bytes\. /);
  });
});
