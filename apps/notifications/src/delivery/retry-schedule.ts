const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** After each failed attempt, how long to wait for the next one. */
const DELAYS_MS = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];
export const MAX_ATTEMPTS = DELAYS_MS.length + 1;
const JITTER = 0.2;
/** A receiver may ask for patience, but not have a delivery lie for ever. */
const MAX_RETRY_AFTER_MS = 24 * HOUR_MS;

/**
 * Milliseconds until the next attempt, ± 20 % and not before the receiver asked for; undefined when there is none any more.
 * `failedAttempts` counts from 1; `random` is in [0, 1).
 */
export function nextDelayMs(
  failedAttempts: number,
  retryAfterMs: number | null,
  random: () => number,
): number | undefined {
  const delayMs = DELAYS_MS[failedAttempts - 1];
  if (delayMs === undefined) return undefined;
  const jittered = delayMs * (1 - JITTER + 2 * JITTER * random());
  return Math.round(Math.max(jittered, Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS)));
}

/** Reads `Retry-After`: seconds or an HTTP date. Null when absent or unreadable. */
export function retryAfterMsOf(header: string | undefined, now: Date): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * SECOND_MS;
  const at = Date.parse(header);
  return Number.isNaN(at) || !/[A-Za-z]{3}/.test(header) ? null : Math.max(0, at - now.getTime());
}
