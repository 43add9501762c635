// How failed logins slow down their repetition. Pure: the clock is passed in.

export const WINDOW_MS = 15 * 60_000;
/** Failures before the next attempt has to wait: of an e-mail address from one client address, and of it from anywhere. */
export const FREE_FAILURES = { client: 10, account: 100 } as const;

export interface Failures {
  readonly count: number;
  readonly lastAt: Date;
}

/** Milliseconds until the next attempt is heard: 1 s after the last free failure, doubled by each further one, at most 15 minutes. */
export function waitMs(failures: Failures | null, free: number, now: Date): number {
  const current = failures && inWindow(failures, now) ? failures : null;
  if (!current || current.count < free) return 0;
  const delay = Math.min(1000 * 2 ** Math.min(current.count - free, 30), WINDOW_MS);
  return Math.max(0, current.lastAt.getTime() + delay - now.getTime());
}

export function afterFailure(failures: Failures | null, now: Date): Failures {
  return failures && inWindow(failures, now) ? { count: failures.count + 1, lastAt: now } : { count: 1, lastAt: now };
}

// The window runs from the last failure on, or a patient guesser would be free again in the middle of a long delay. Whoever fails ten
// times within fifteen minutes is always found; who fails ten times with less than fifteen between them waits a second, too.
function inWindow(failures: Failures, now: Date): boolean {
  return now.getTime() - failures.lastAt.getTime() <= WINDOW_MS;
}
