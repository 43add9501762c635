import { describe, expect, it } from 'vitest';

import { stateOf } from './reset-token.js';

const now = new Date('2026-03-01T10:00:00Z');
const at = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);

describe('the state of a reset token', () => {
  it.each([
    ['unknown', null],
    ['good', { expiresAt: at(1), usedAt: null }],
    ['expired', { expiresAt: at(0), usedAt: null }],
    ['used', { expiresAt: at(1), usedAt: at(-1) }],
    ['used', { expiresAt: at(-1), usedAt: at(-2) }],
  ] as const)('is %s', (state, token) => {
    expect(stateOf(token, now)).toBe(state);
  });
});
