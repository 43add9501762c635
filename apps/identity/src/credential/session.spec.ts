import { describe, expect, it } from 'vitest';

import { judgeRefresh, refreshTokenExpiry } from './session.js';

const now = new Date('2026-03-01T10:00:00Z');
const at = (seconds: number) => new Date(now.getTime() + seconds * 1000);
const session = { revokedAt: null, expiresAt: at(3600) };

describe('a refresh token', () => {
  it('is good until it expires, with its session', () => {
    expect(judgeRefresh({ expiresAt: at(1), spentAt: null }, session, now)).toBe('granted');
    expect(judgeRefresh({ expiresAt: at(0), spentAt: null }, session, now)).toBe('refused');
    expect(judgeRefresh({ expiresAt: at(1), spentAt: null }, { ...session, expiresAt: at(0) }, now)).toBe('refused');
    expect(judgeRefresh({ expiresAt: at(1), spentAt: null }, { ...session, revokedAt: at(-1) }, now)).toBe('refused');
  });

  it('that was spent is honoured for ten seconds, and ends its session later', () => {
    expect(judgeRefresh({ expiresAt: at(60), spentAt: at(-10) }, session, now)).toBe('granted');
    expect(judgeRefresh({ expiresAt: at(60), spentAt: at(-11) }, session, now)).toBe('reused');
  });

  it('of an ended session stays refused, however late it is reused', () => {
    expect(judgeRefresh({ expiresAt: at(60), spentAt: at(-11) }, { ...session, revokedAt: at(-1) }, now)).toBe(
      'refused',
    );
  });

  it('never outlives its session', () => {
    expect(refreshTokenExpiry(at(3600), now)).toEqual(at(3600));
    expect(refreshTokenExpiry(at(90 * 86_400), now)).toEqual(at(30 * 86_400));
  });
});
