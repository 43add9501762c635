// Owns what waits in memory for one endpoint, and when the next attempt may begin. What this process holds it may send only while the rows
// say so: what it knows of them counts for a moment, and is asked for again after it.
import type { SubscriptionId, UserId } from '@slipway/contracts';

import type { ClaimedDelivery, HeldDelivery } from './claim-deliveries.js';
import type { OwnedEndpoint, Target } from './endpoints.js';

const PER_ENDPOINT = 4;
/** Until it has answered well again: places are scarce. */
const PER_FAILING_ENDPOINT = 1;
/** Between an attempt that failed and the next one to this endpoint. */
export const REST_MS = 100;
/** How many are asked for at once, and how long what is known of them counts. */
const ASKED_AT_ONCE = 64;
const KNOWN_FOR_MS = 1_000;

export interface Work {
  readonly delivery: ClaimedDelivery;
  /** Absent for a webhook that is gone or switched off. */
  readonly target: Target | undefined;
}

export interface HeldWork extends Work {
  readonly delivery: HeldDelivery;
}

export class Lane implements OwnedEndpoint {
  running = 0;
  /** For its turn. */
  waiting = false;
  /** Whether the database may have something for it. */
  due = false;
  private failedAt = -Infinity;
  private readonly held: { readonly work: HeldWork; readonly knownAt: number }[] = [];

  /** @param failing as far as is known; an endpoint of which nothing is known is taken for one that fails */
  constructor(
    readonly endpointId: SubscriptionId,
    readonly ownerId: UserId,
    private failing = true,
  ) {}

  get size(): number {
    return this.held.length;
  }

  get hasWork(): boolean {
    return this.due || this.size > 0;
  }

  get hasPlace(): boolean {
    const places = this.failing ? PER_FAILING_ENDPOINT : PER_ENDPOINT;
    return this.running < places && performance.now() - this.failedAt >= REST_MS;
  }

  /** How its endpoint is, by its row. */
  judge(failing: boolean): void {
    this.failing = failing;
  }

  /** How an attempt went. After one that failed nothing counts that was known before: the webhook may have been given up for it. */
  ended(failed: boolean): void {
    this.failing = failed;
    if (failed) this.failedAt = performance.now();
  }

  /** Adds what this process has stored a moment ago. */
  hold(work: HeldWork): void {
    this.held.push({ work, knownAt: performance.now() });
  }

  /** The next one that may begin without asking. */
  next(): HeldWork | undefined {
    const [first] = this.held;
    if (!first || !this.counts(first.knownAt)) return undefined;
    this.held.shift();
    return first.work;
  }

  /** Takes out those to ask for. They come back by `answered`, as far as they may be sent, or by `giveBack`. */
  ask(): HeldWork[] {
    const known = this.held.findIndex(({ knownAt }) => this.counts(knownAt));
    return this.held.splice(0, Math.min(ASKED_AT_ONCE, known < 0 ? Infinity : known)).map(({ work }) => work);
  }

  answered(works: readonly HeldWork[]): void {
    const knownAt = performance.now();
    this.held.unshift(...works.map((work) => ({ work, knownAt })));
  }

  /** There was no answer. */
  giveBack(works: readonly HeldWork[]): void {
    this.held.unshift(...works.map((work) => ({ work, knownAt: -Infinity })));
  }

  /** Takes out everything that has not begun. */
  drain(): HeldDelivery[] {
    return this.held.splice(0).map(({ work: { delivery } }) => delivery);
  }

  private counts(knownAt: number): boolean {
    return knownAt > this.failedAt && performance.now() - knownAt < KNOWN_FOR_MS;
  }
}
