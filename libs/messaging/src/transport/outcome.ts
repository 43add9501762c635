import type { Problem } from '@slipway/contracts';

import type { Death } from '../dead-letters/dead-letter.js';

/** What became of a delivered command or event. */
export type Outcome =
  | { readonly kind: 'handled'; readonly output: unknown }
  | { readonly kind: 'refused'; readonly problem: Problem }
  /** Not done in its caller's time: that has passed, or a fault has outlasted the tries that fit into it. */
  | { readonly kind: 'expired'; readonly problem: Problem }
  | { readonly kind: 'retried'; readonly delayMs: number }
  | { readonly kind: 'dead'; readonly death: Death; readonly problem?: Problem };

/** A message that failed this often is a dead letter. */
export const MAX_TRIES = 5;

// Somebody waits for a command, 10 s by default: all its tries fit into that. What nobody waits for may sit out a longer fault, but five
// minutes after the last fault nothing may be left over, whether it succeeds or is given up.
const WAITED_FOR_MS = [100, 300, 1_000, 2_000];
const UNATTENDED_MS = [1_000, 10_000, 60_000, 120_000];

/** How long to wait after the `tries`-th try (from 1) failed, or undefined when it was the last one. */
export function retryDelayMs(tries: number, waitedFor: boolean): number | undefined {
  return (waitedFor ? WAITED_FOR_MS : UNATTENDED_MS)[tries - 1];
}
