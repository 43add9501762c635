// The rules of a User. Pure: no database, no clock.
import { problem, type Problem } from '@slipway/contracts';

export const USERNAME_MIN = 3;
export const USERNAME_MAX = 50;

/** One spelling per address: two that differ in case or in Unicode composition are the same account. */
export function emailKey(email: string): string {
  return email.normalize('NFC').toLowerCase();
}

export function usernameKey(username: string): string {
  return username.normalize('NFC').toLowerCase();
}

/** Refuses control characters and blanks at either end; the length is the contract's. */
export function checkUsername(username: string): Problem | null {
  if (!/\p{Cc}/u.test(username) && username.trim() === username) return null;
  return problem.invalid('user', 'A user name has no control characters and no blank at either end.', {
    issues: [{ path: 'username', rule: 'pattern', kind: 'value' }],
  });
}

/** A name made from an address: its local part, padded and cut; `attempt` above 0 adds digits for a clash. */
export function usernameFromEmail(email: string, attempt: number): string {
  const local = email.slice(0, email.lastIndexOf('@')).replace(/[^\p{L}\p{N}._-]/gu, '-');
  const suffix = attempt > 0 ? String(attempt + 1) : '';
  return `${local.padEnd(USERNAME_MIN, '-').slice(0, USERNAME_MAX - suffix.length)}${suffix}`;
}
