export interface RateLimitState {
  readonly limit: number;
  readonly remaining: number;
  /** Whole seconds until the window ends. */
  readonly resetSeconds: number;
  readonly exceeded: boolean;
}

const WINDOW_MS = 60_000;

/**
 * Counts requests per caller in windows of one minute. All callers share the window, so that forgetting is one assignment and memory
 * is bounded by the callers of a minute. Each gateway counts for itself.
 */
export class RateLimit {
  private counts = new Map<string, number>();
  private windowEndsAt = 0;

  /** `limit` requests a minute and caller; 0 is no limit. */
  constructor(
    private readonly limit: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** Counts one request. Undefined when there is no limit. */
  take(caller: string): RateLimitState | undefined {
    if (this.limit === 0) return undefined;
    const now = this.now();
    if (now >= this.windowEndsAt) {
      this.counts = new Map();
      this.windowEndsAt = now + WINDOW_MS;
    }
    const count = (this.counts.get(caller) ?? 0) + 1;
    this.counts.set(caller, count);
    return {
      limit: this.limit,
      remaining: Math.max(0, this.limit - count),
      resetSeconds: Math.max(1, Math.ceil((this.windowEndsAt - now) / 1000)),
      exceeded: count > this.limit,
    };
  }
}
