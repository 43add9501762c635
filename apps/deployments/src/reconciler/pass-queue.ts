// Owns when which key runs: one pass per key at a time, a few keys beside each other, failing keys ever more seldom. It knows
// neither Apps nor clusters.

/** Passes of one key are this far apart: a rollout is dozens of changes, and one pass sees them all. */
const COALESCE_MS = 100;
/** A failing key is never tried more often, whoever wakes it. */
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

export interface PassQueueOptions {
  readonly concurrency: number;
  /** Runs one pass; resolves to the milliseconds after which the key is due again. */
  readonly run: (key: string) => Promise<number | undefined>;
  readonly onError: (key: string, error: unknown, retryMs: number) => void;
}

interface Entry {
  timer: NodeJS.Timeout | undefined;
  dueAt: number;
  running: boolean;
  /** Woken while running: what it read may be old. */
  again: boolean;
  failures: number;
  notBefore: number;
}

export class PassQueue {
  private readonly entries = new Map<string, Entry>();
  private readonly ready: string[] = [];
  private readonly passes = new Set<Promise<void>>();
  private open = false;

  constructor(private readonly options: PassQueueOptions) {}

  /** Runs the key as soon as its turn and its back-off allow. */
  wake(key: string): void {
    this.due(key, 0);
  }

  /** Like `wake`, but for a clock: it does not cut short the back-off of a key that fails, nor repeat a pass that runs. */
  remind(key: string): void {
    const entry = this.entries.get(key);
    if (!entry || (entry.failures === 0 && !entry.running)) this.due(key, 0);
  }

  /** Lets passes start. */
  resume(): void {
    this.open = true;
    this.start();
  }

  /** Forgets what was due, and lets no other pass start. Resolves when those that run have ended. */
  async stop(): Promise<void> {
    this.open = false;
    for (const { timer } of this.entries.values()) clearTimeout(timer);
    this.entries.clear();
    this.ready.length = 0;
    await Promise.allSettled(this.passes);
  }

  private due(key: string, afterMs: number): void {
    const entry = this.entries.get(key) ?? {
      timer: undefined,
      dueAt: Number.POSITIVE_INFINITY,
      running: false,
      again: false,
      failures: 0,
      notBefore: 0,
    };
    this.entries.set(key, entry);
    const dueAt = Math.max(performance.now() + afterMs, entry.notBefore);
    if (entry.running) {
      if (afterMs === 0) entry.again = true;
      return;
    }
    if (dueAt >= entry.dueAt) return;
    entry.dueAt = dueAt;
    clearTimeout(entry.timer);
    entry.timer = setTimeout(
      () => {
        entry.timer = undefined;
        this.ready.push(key);
        this.start();
      },
      Math.max(0, dueAt - performance.now()),
    );
    entry.timer.unref();
  }

  private start(): void {
    while (this.open && this.passes.size < this.options.concurrency) {
      const key = this.ready.shift();
      const entry = key === undefined ? undefined : this.entries.get(key);
      if (key === undefined || !entry) return;
      const pass = this.pass(key, entry).finally(() => {
        this.passes.delete(pass);
        this.start();
      });
      this.passes.add(pass);
    }
  }

  private async pass(key: string, entry: Entry): Promise<void> {
    entry.running = true;
    entry.again = false;
    let nextMs: number | undefined;
    try {
      nextMs = await this.options.run(key);
      entry.failures = 0;
      entry.notBefore = performance.now() + COALESCE_MS;
    } catch (error) {
      nextMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** entry.failures) * (1 - Math.random() / 5);
      entry.failures += 1;
      entry.notBefore = performance.now() + FIRST_RETRY_MS;
      this.options.onError(key, error, nextMs);
    }
    entry.running = false;
    entry.dueAt = Number.POSITIVE_INFINITY;
    if (this.entries.get(key) !== entry) return;
    if (entry.again) this.due(key, 0);
    else if (nextMs === undefined) this.entries.delete(key);
    else this.due(key, nextMs);
  }
}
