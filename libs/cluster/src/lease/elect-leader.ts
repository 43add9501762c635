// Owns being the only one of several replicas that acts. Who holds the lease is decided by the cluster's compare-and-swap; how
// long that holds without a renewal is decided here, by two clocks, since either alone may stand still or jump.
import { setTimeout as sleep } from 'node:timers/promises';

import { isDropped } from '@slipway/runtime';

import { ClusterError } from '../connection/cluster-error.js';
import type { Transport } from '../connection/transport.js';
import { getObject } from '../objects/get-object.js';
import { collectionPath, objectPath } from '../objects/kinds.js';
import { claimedLease, mayTake, releasedLease, type Lease, type LeaseClaim, type Observation } from './lease-record.js';

export interface LeaseOptions {
  /** Must exist: until it does, every attempt ends in `onError` with `not_found`. */
  readonly namespace: string;
  readonly name: string;
  /** Differs between replicas and between starts. */
  readonly identity: string;
  /** After so long without a renewal others take over; whole seconds. Default 15. */
  readonly durationSeconds?: number;
  readonly onAcquired?: () => void;
  /** Called once per loss, also by `close`. */
  readonly onLost?: () => void;
  /** Told who else holds the lease, once for each holder in turn. */
  readonly onHeld?: (holder: string) => void;
  /** Told of every attempt that failed for another reason than somebody else's lease. */
  readonly onError?: (error: ClusterError) => void;
  /** Replaced in tests. */
  readonly clocks?: { readonly monotonicMs: () => number; readonly wallMs: () => number };
}

export interface LeaderElection {
  /**
   * Whether this process may act now. False from two thirds of the duration after the last renewal on, also when the process was
   * asleep meanwhile and nothing else has noticed: ask right before each act.
   */
  isLeader(): boolean;
  /** Stops and gives the lease up, so that another takes it at once. */
  close(): Promise<void>;
}

/** Starts at once: tries to take the lease, renews it, and tries again after a loss, until closed. */
export function electLeader(transport: Transport, options: LeaseOptions): LeaderElection {
  const election = new Election(transport, options);
  election.start();
  return election;
}

const SYSTEM_CLOCKS = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };

const RELEASE_TIMEOUT_MS = 2_000;

class Election implements LeaderElection {
  private readonly claim: LeaseClaim;
  private readonly clocks: NonNullable<LeaseOptions['clocks']>;
  private readonly stop = new AbortController();
  private running: Promise<void> = Promise.resolve();
  /** The lease as the cluster has it, as far as we know: undefined when that must be read. */
  private lease: Lease | undefined;
  private seen: Observation | undefined;
  /** When our last successful claim began, by both clocks. */
  private heldSince: { readonly monotonicMs: number; readonly wallMs: number } | undefined;
  private told = false;
  private toldHolder: string | undefined;
  private watchdog: NodeJS.Timeout | undefined;

  constructor(
    private readonly transport: Transport,
    private readonly options: LeaseOptions,
  ) {
    const { namespace, name, identity, durationSeconds = 15 } = options;
    this.claim = { namespace, name, identity, durationSeconds };
    this.clocks = options.clocks ?? SYSTEM_CLOCKS;
  }

  start(): void {
    this.running = this.run();
  }

  isLeader(): boolean {
    if (this.heldSince === undefined) {
      return false;
    }
    // The monotonic clock stands still while the machine sleeps; the wall clock may be set back.
    const { monotonicMs, wallMs } = this.now();
    return Math.max(monotonicMs - this.heldSince.monotonicMs, wallMs - this.heldSince.wallMs) < this.safeMs();
  }

  async close(): Promise<void> {
    this.stop.abort();
    await this.running;
    clearTimeout(this.watchdog);
    this.heldSince = undefined;
    this.tell();
    await this.release();
  }

  private async run(): Promise<void> {
    while (!this.stop.signal.aborted) {
      try {
        await this.attempt();
      } catch (error) {
        this.recover(error);
      }
      this.tell();
      await this.pause();
    }
  }

  private async attempt(): Promise<void> {
    const { signal } = this.stop;
    const found = this.lease ?? (await this.read({ signal }));
    // The clocks are read before the request: the cluster counts from a later moment, so we stop acting before others may act.
    const now = this.now();
    if (found !== undefined) {
      const { resourceVersion = '' } = found.metadata;
      const known = this.seen?.resourceVersion === resourceVersion;
      this.seen = known && this.seen !== undefined ? this.seen : { resourceVersion, seenAtMs: now.monotonicMs };
      if (!mayTake(found, this.claim.identity, this.seen, now.monotonicMs)) {
        this.heldSince = undefined;
        this.tellHolder(found.spec?.holderIdentity);
        return;
      }
    }
    if (isDropped('lease.skip-renew')) return;
    const call = { body: claimedLease(this.claim, found, new Date(now.wallMs)), timeoutMs: this.safeMs(), signal };
    this.lease =
      found === undefined
        ? await this.transport.call<Lease>('POST', collectionPath('Lease', this.claim.namespace), call)
        : await this.transport.call<Lease>('PUT', this.path(), call);
    this.heldSince = now;
    this.toldHolder = undefined;
    this.guard();
  }

  private recover(error: unknown): void {
    if (!(error instanceof ClusterError)) {
      throw error;
    }
    // Somebody else was quicker, or our own claim may have arrived although its answer did not: only reading tells. Until then
    // the clocks alone say whether we still lead, and nobody else can before they say no.
    this.lease = undefined;
    if (error.kind !== 'conflict' && !this.stop.signal.aborted) {
      this.options.onError?.(error);
    }
  }

  private read(call: { timeoutMs?: number; signal?: AbortSignal }): Promise<Lease | undefined> {
    const { namespace, name } = this.claim;
    return getObject(this.transport, { kind: 'Lease', namespace, name }, call);
  }

  // A renewal that hangs must not delay the news that the lease is lost.
  private guard(): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.tell(), this.safeMs());
    this.watchdog.unref();
  }

  private tell(): void {
    const leader = this.isLeader();
    if (leader !== this.told) {
      this.told = leader;
      (leader ? this.options.onAcquired : this.options.onLost)?.();
    }
  }

  private tellHolder(holder: string | undefined): void {
    if (holder === undefined || holder === this.toldHolder) return;
    this.toldHolder = holder;
    this.options.onHeld?.(holder);
  }

  // Read anew, since a renewal may have been given up on its way: what the cluster has then decides.
  private async release(): Promise<void> {
    try {
      const lease = await this.read({ timeoutMs: RELEASE_TIMEOUT_MS });
      if (lease?.spec?.holderIdentity === this.claim.identity) {
        const body = releasedLease(lease, new Date(this.clocks.wallMs()));
        await this.transport.call('PUT', this.path(), { body, timeoutMs: RELEASE_TIMEOUT_MS });
      }
    } catch (error) {
      if (!(error instanceof ClusterError)) {
        throw error;
      }
      // Others take over when the lease expires: a few seconds later, and as safely.
      this.options.onError?.(error);
    }
  }

  private path(): string {
    return objectPath('Lease', this.claim.namespace, this.claim.name);
  }

  private now(): { readonly monotonicMs: number; readonly wallMs: number } {
    return { monotonicMs: this.clocks.monotonicMs(), wallMs: this.clocks.wallMs() };
  }

  private safeMs(): number {
    return Math.floor((this.claim.durationSeconds * 1000 * 2) / 3);
  }

  private async pause(): Promise<void> {
    const periodMs = (this.claim.durationSeconds * 1000) / 7;
    await sleep(periodMs * (0.8 + Math.random() * 0.4), undefined, { signal: this.stop.signal, ref: false }).catch(
      () => undefined,
    );
  }
}
