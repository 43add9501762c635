import type { Problem } from '@slipway/contracts';

import type { Death } from '../dead-letters/dead-letter.js';

/** What became of a delivered command or event. */
export type Outcome =
  | { readonly kind: 'handled'; readonly output: unknown }
  | { readonly kind: 'refused'; readonly problem: Problem }
  /** Not started, since its caller waits no longer. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'retried'; readonly delayMs: number }
  | { readonly kind: 'dead'; readonly death: Death; readonly problem?: Problem };

/** A message that failed this often is a dead letter. */
export const MAX_DELIVERIES = 5;

// Somebody waits for a command, 10 s by default: all its tries fit into that. Events may sit out a longer fault.
const WAITED_FOR_MS = [100, 300, 1_000, 2_000];
const UNATTENDED_MS = [1_000, 10_000, 60_000, 300_000];

/** How long to wait after the `delivery`-th try (from 1) failed, or undefined when it was the last one. */
export function retryDelayMs(delivery: number, waitedFor: boolean): number | undefined {
  return (waitedFor ? WAITED_FOR_MS : UNATTENDED_MS)[delivery - 1];
}
