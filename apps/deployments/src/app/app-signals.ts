import { Injectable } from '@nestjs/common';
import type { AppId } from '@slipway/contracts';

/**
 * Tells this process that an App was committed. It is a wake-up and no more: whoever listens reads the row, and clocks cover what
 * other replicas commit.
 */
@Injectable()
export class AppSignals {
  private readonly everyone = new Set<(id: AppId) => void>();
  private readonly waiting = new Map<AppId, Set<() => void>>();

  /** After a command's commit. */
  committed(id: AppId): void {
    for (const listener of this.everyone) listener(id);
    this.observed(id);
  }

  /** After the commit of a status, which asks nothing of the cluster. */
  observed(id: AppId): void {
    for (const wake of this.waiting.get(id) ?? []) wake();
  }

  /** Hears of commands. Returns a function that stops listening. */
  onCommit(listener: (id: AppId) => void): () => void {
    this.everyone.add(listener);
    return () => void this.everyone.delete(listener);
  }

  /** Wakes for the next commit of that App. Opened before the row is read, so that no commit falls in between. */
  watch(id: AppId): { next(timeoutMs: number): Promise<void>; close(): void } {
    let missed = false;
    let wake = (): void => void (missed = true);
    const listener = (): void => wake();
    const listeners = this.waiting.get(id) ?? new Set();
    this.waiting.set(id, listeners.add(listener));
    return {
      next: (timeoutMs) =>
        new Promise((resolve) => {
          const timer = setTimeout(() => wake(), missed ? 0 : timeoutMs);
          missed = false;
          wake = () => {
            clearTimeout(timer);
            wake = () => void (missed = true);
            resolve();
          };
        }),
      close: () => {
        listeners.delete(listener);
        if (listeners.size === 0 && this.waiting.get(id) === listeners) this.waiting.delete(id);
      },
    };
  }
}
