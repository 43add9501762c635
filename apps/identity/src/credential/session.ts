// The life of a session and its refresh tokens. Pure: the clock is passed in.

export const REFRESH_TOKEN_LIFE_MS = 30 * 24 * 3_600_000;
export const SESSION_LIFE_MS = 90 * 24 * 3_600_000;
/** Two tabs, or a lost answer: a spent token is honoured this long. Later its use means that it was stolen. */
export const REUSE_GRACE_MS = 10_000;

interface RefreshToken {
  readonly expiresAt: Date;
  readonly spentAt: Date | null;
}

interface Session {
  readonly revokedAt: Date | null;
  readonly expiresAt: Date | null;
}

/** `refused` changes nothing; `reused` ends the session. */
export type Refresh = 'granted' | 'refused' | 'reused';

export function judgeRefresh(token: RefreshToken, session: Session, now: Date): Refresh {
  if (session.revokedAt || (session.expiresAt && session.expiresAt <= now) || token.expiresAt <= now) return 'refused';
  if (token.spentAt && now.getTime() - token.spentAt.getTime() > REUSE_GRACE_MS) return 'reused';
  return 'granted';
}

/** A refresh token never outlives its session. */
export function refreshTokenExpiry(sessionExpiresAt: Date, now: Date): Date {
  return new Date(Math.min(now.getTime() + REFRESH_TOKEN_LIFE_MS, sessionExpiresAt.getTime()));
}
