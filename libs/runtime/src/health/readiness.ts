import { within } from '../within.js';

/** Longest time that one check may take before it counts as broken. */
const CHECK_TIMEOUT_MS = 2_000;

export interface ReadinessReport {
  readonly ready: boolean;
  /** `ok`, or what is wrong, by the name of the dependency. */
  readonly checks: Readonly<Record<string, string>>;
}

/**
 * What a service needs in order to do its work, asked each time somebody wants to know. Libraries add their dependency
 * (`database`, `broker`, …); a check passes by returning and fails by throwing, and its message is shown to operators, so it
 * says what is away and holds no secret.
 */
export class Readiness {
  private readonly checks = new Map<string, () => Promise<void> | void>();
  private state: 'starting' | 'serving' | 'stopping' = 'starting';

  /** Adds a dependency, or replaces the check of that name. */
  add(name: string, check: () => Promise<void> | void): void {
    this.checks.set(name, check);
  }

  /** Called by `startService` once the service listens. */
  markServing(): void {
    if (this.state === 'starting') this.state = 'serving';
  }

  /** Called by `startService` first of all when the service stops: there is no way back. */
  markStopping(): void {
    this.state = 'stopping';
  }

  /** Runs all checks beside each other; each has two seconds. */
  async report(): Promise<ReadinessReport> {
    const results = await Promise.all(
      [...this.checks].map(async ([name, check]) => [name, await outcome(check)] as const),
    );
    const checks = this.state === 'serving' ? results : [['service', this.state] as const, ...results];
    return { ready: checks.every(([, result]) => result === 'ok'), checks: Object.fromEntries(checks) };
  }
}

async function outcome(check: () => Promise<void> | void): Promise<string> {
  const run = async (): Promise<void> => check();
  try {
    await within(CHECK_TIMEOUT_MS, run(), () => new Error(`no answer within ${CHECK_TIMEOUT_MS} ms`));
    return 'ok';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
