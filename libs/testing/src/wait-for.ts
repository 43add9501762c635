import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** Default 10 000. */
  timeoutMs?: number;
  /** Pause between two checks; default 20. */
  intervalMs?: number;
}

type Falsy = false | null | undefined | 0 | '';

/**
 * Repeats `check` until it returns something truthy, and returns that. A check that throws counts as "not yet"; when the
 * time is up, the error tells what the last check returned or threw.
 */
export async function waitFor<T>(check: () => T | Promise<T>, options: WaitOptions = {}): Promise<Exclude<T, Falsy>> {
  const { timeoutMs = 10_000, intervalMs = 20 } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let failure: { cause?: unknown; last?: unknown };
    try {
      const result = await check();
      if (result) return result as Exclude<T, Falsy>;
      failure = { last: result };
    } catch (error) {
      failure = { cause: error };
    }
    if (performance.now() >= deadline) {
      const seen =
        failure.cause instanceof Error ? failure.cause.message : `the check returned ${String(failure.last)}`;
      throw new Error(`waited ${timeoutMs} ms in vain: ${seen}`, { cause: failure.cause });
    }
    await delay(intervalMs);
  }
}
