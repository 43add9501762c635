// The life of a reset token, and how often one is mailed. Pure: the clock is passed in.

export const RESET_TOKEN_LIFE_MS = 3_600_000;
/** Mails to one account within an hour; beyond that silently none, or anybody could fill a stranger's mailbox. */
export const RESETS_AN_HOUR = 3;
export const HOUR_MS = 3_600_000;

interface ResetToken {
  readonly expiresAt: Date;
  readonly usedAt: Date | null;
}

export type ResetTokenState = 'good' | 'unknown' | 'expired' | 'used';

export function stateOf(token: ResetToken | null, now: Date): ResetTokenState {
  if (!token) return 'unknown';
  if (token.usedAt) return 'used';
  return token.expiresAt <= now ? 'expired' : 'good';
}
