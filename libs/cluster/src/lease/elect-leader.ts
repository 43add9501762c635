// Owns being the only one of several replicas that acts. Who holds the lease is decided by the cluster's compare-and-swap; how
// long that holds without a renewal is decided here, by two clocks, since either alone may stand still or jump.
import { setTimeout as sleep } from 'node:timers/promises';

import { ClusterError } from '../connection/cluster-error.js';
import type { Transport } from '../connection/transport.js';
import { getObject } from '../objects/get-object.js';
import { collectionPath, objectPath } from '../objects/kinds.js';
import { claimedLease, mayTake, releasedLease, type Lease, type LeaseClaim, type Observation } from './lease-record.js';

export interface LeaseOptions {
  readonly namespace: string;
  readonly name: string;
  /** Differs between replicas and between starts. */
  readonly identity: string;
  /** After so long without a renewal others take over. Default 15. */
  readonly durationSeconds?: number;
  readonly onAcquired?: () => void;
  /** Called once per loss, also by `close`. */
  readonly onLost?: () => void;
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

class Election implements LeaderElection {
  private readonly claim: LeaseClaim;
  private readonly clocks: NonNullable<LeaseOptions['clocks']>;
  private readonly stop = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private seen: Observation | undefined;
  private held: { readonly lease: Lease; readonly monotonicMs: number; readonly wallMs: number } | undefined;
  private told = false;
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
    if (this.held === undefined) {
      return false;
    }
    // The monotonic clock stands still while the machine sleeps; the wall clock may be set back.
    const sinceMs = Math.max(
      this.clocks.monotonicMs() - this.held.monotonicMs,
      this.clocks.wallMs() - this.held.wallMs,
    );
    return sinceMs < this.safeMs();
  }

  async close(): Promise<void> {
    this.stop.abort();
    await this.running;
    clearTimeout(this.watchdog);
    const held = this.held;
    const wasLeader = this.isLeader();
    this.held = undefined;
    this.tell();
    if (held !== undefined && wasLeader) {
      await this.release(held.lease);
    }
  }

  private async run(): Promise<void> {
    while (!this.stop.signal.aborted) {
      try {
        await this.attempt();
      } catch (error) {
        if (!(error instanceof ClusterError)) {
          throw error;
        }
        if (error.kind === 'conflict') {
          // Somebody else was quicker: whatever we thought we held, the cluster says otherwise.
          this.held = undefined;
        } else {
          this.options.onError?.(error);
        }
      }
      this.tell();
      await this.pause();
    }
  }

  private async attempt(): Promise<void> {
    const found = this.held?.lease ?? (await this.read());
    // Both clocks are read before the request: the cluster counts from a later moment, so we stop acting before others may.
    const monotonicMs = this.clocks.monotonicMs();
    const wallMs = this.clocks.wallMs();
    if (found !== undefined && this.held === undefined) {
      const { resourceVersion = '' } = found.metadata;
      const seen =
        this.seen?.resourceVersion === resourceVersion ? this.seen : { resourceVersion, seenAtMs: monotonicMs };
      this.seen = seen;
      if (!mayTake(found, this.claim.identity, seen, monotonicMs)) {
        return;
      }
    }
    const wanted = claimedLease(this.claim, found, new Date(wallMs));
    const timeoutMs = this.safeMs();
    const lease =
      found === undefined
        ? await this.transport.call<Lease>('POST', collectionPath('Lease', this.claim.namespace), {
            body: wanted,
            timeoutMs,
          })
        : await this.transport.call<Lease>('PUT', this.path(), { body: wanted, timeoutMs });
    this.held = { lease, monotonicMs, wallMs };
    this.guard();
  }

  private read(): Promise<Lease | undefined> {
    return getObject(this.transport, { kind: 'Lease', namespace: this.claim.namespace, name: this.claim.name });
  }

  // A renewal that hangs must not delay the news that the lease is lost.
  private guard(): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.tell(), this.safeMs());
    this.watchdog.unref();
  }

  private tell(): void {
    const leader = this.isLeader();
    if (!leader && this.held !== undefined) {
      // An expired lease is read anew before it is renewed: another replica may have held it meanwhile.
      this.held = undefined;
    }
    if (leader !== this.told) {
      this.told = leader;
      (leader ? this.options.onAcquired : this.options.onLost)?.();
    }
  }

  private async release(lease: Lease): Promise<void> {
    try {
      const body = releasedLease(lease, new Date(this.clocks.wallMs()));
      await this.transport.call('PUT', this.path(), { body, timeoutMs: 2_000 });
    } catch (error) {
      if (error instanceof ClusterError) {
        // Others take over when the lease expires: a few seconds later, and as safely.
        this.options.onError?.(error);
        return;
      }
      throw error;
    }
  }

  private path(): string {
    return objectPath('Lease', this.claim.namespace, this.claim.name);
  }

  private safeMs(): number {
    return (this.claim.durationSeconds * 1000 * 2) / 3;
  }

  private async pause(): Promise<void> {
    const periodMs = (this.claim.durationSeconds * 1000) / 7;
    await sleep(periodMs * (0.8 + Math.random() * 0.4), undefined, { signal: this.stop.signal, ref: false }).catch(
      () => undefined,
    );
  }
}
