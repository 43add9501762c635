import type { Change, Store } from '../store.js';

/** Brings one kind of thing closer to what it should be. Looks at the store only, never at what woke it. */
export interface Controller {
  readonly name: string;
  /** The keys to look at after this change. */
  wake(change: Change): Iterable<string>;
  /** Returns after how many milliseconds to look again, if at all without a change. */
  reconcile(key: string): number | undefined;
  reset?(): void;
}

const retryMs = 1000;

/** Runs the controllers on the changes of the store, each key once however often it was woken. */
export class ControlLoop {
  private readonly queue = new Map<string, { controller: Controller; key: string }>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly unsubscribe: () => void;
  private running: NodeJS.Immediate | undefined;
  private resting = new Set<string>();

  constructor(
    private readonly store: Store,
    private readonly controllers: readonly Controller[],
    private readonly log: (line: string) => void,
  ) {
    this.unsubscribe = store.subscribe((change) => {
      for (const controller of this.controllers) {
        for (const key of controller.wake(change)) this.enqueue(controller, key);
      }
    });
  }

  reset(): void {
    this.resting = new Set();
    this.queue.clear();
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    for (const controller of this.controllers) controller.reset?.();
  }

  /** Lets the controllers of these names rest; what wakes them is kept for later. The returned function lets them go on. */
  pause(names: readonly string[]): () => void {
    this.resting = new Set(names);
    return () => {
      this.resting = new Set();
      this.running ??= setImmediate(() => this.drain());
    };
  }

  stop(): void {
    this.unsubscribe();
    this.reset();
    if (this.running) clearImmediate(this.running);
  }

  private enqueue(controller: Controller, key: string): void {
    this.queue.set(`${controller.name} ${key}`, { controller, key });
    this.running ??= setImmediate(() => this.drain());
  }

  /** One round; what it wakes comes in the next one, so that requests are served in between. */
  private drain(): void {
    this.running = undefined;
    const round = [...this.queue.entries()];
    this.queue.clear();
    for (const [id, entry] of round) {
      const { controller, key } = entry;
      if (this.resting.has(controller.name)) {
        this.queue.set(id, entry);
        continue;
      }
      clearTimeout(this.timers.get(id));
      this.timers.delete(id);
      const again = this.run(controller, key);
      if (again !== undefined) {
        this.timers.set(id, setTimeout(() => this.enqueue(controller, key), again).unref());
      }
    }
  }

  private run(controller: Controller, key: string): number | undefined {
    try {
      return controller.reconcile(key);
    } catch (error) {
      this.log(`embedded cluster: the ${controller.name} controller failed on ${key}: ${String(error)}`);
      return retryMs;
    }
  }
}
