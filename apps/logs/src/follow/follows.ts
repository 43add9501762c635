// Owns which Apps this replica follows: it takes one with a reader's lease, says every few seconds that it still has it, and lets it go
// with the last reader. While the database is away it goes on: two replicas that publish the same line do less harm than none.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ClusterConnection } from '@slipway/cluster';
import { type AppId, problem } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import { failpoint, Gauge, Metrics, ServiceLogger, within } from '@slipway/runtime';

import { clusterUnreachable } from '../line/cluster-unreachable.js';
import { AppFollow, type FollowedApp } from './app-follow.js';
import { FollowOwnership } from './follow-ownership.js';
import { LinePublisher } from './line-publisher.js';
import type { Positions } from './positions.js';

const BEAT_MS = 3_000;
/** How long a reader waits for the start, within the five seconds of its question. */
const START_MS = 3_000;
const LOOK_AGAIN_MS = 100;

@Injectable()
export class Follows implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly replicaId = randomUUID();
  private readonly running = new Map<AppId, AppFollow>();
  private timer: NodeJS.Timeout | undefined;
  private beating: Promise<void> = Promise.resolve();
  private stopping = false;

  constructor(
    private readonly ownership: FollowOwnership,
    private readonly publisher: LinePublisher,
    private readonly clusters: ClusterConnection,
    private readonly logger: ServiceLogger,
    metrics: Metrics,
  ) {
    const { running } = this;
    new Gauge({
      name: 'slipway_log_upstreams',
      help: 'Containers whose logs this replica follows.',
      registers: [metrics],
      collect() {
        this.set([...running.values()].reduce((sum, { upstreams }) => sum + upstreams, 0));
      },
    });
  }

  onApplicationBootstrap(): void {
    this.schedule();
  }

  /** Another replica goes on with the next renewal, where this one stopped. */
  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    await this.beating;
    const handovers = [...this.running].map(async ([appId, follow]) => {
      const positions = await follow.stop();
      await failpoint('logs.owner-handover');
      await this.ownership.handOver(appId, this.replicaId, positions);
    });
    this.running.clear();
    for (const done of await Promise.allSettled(handovers)) {
      if (done.status === 'rejected') this.logger.warn('a follow could not be handed over', { err: done.reason });
    }
  }

  /**
   * Keeps the App followed for another lease; resolves when what its containers write from then on is published by whoever owns it.
   * @throws Refusal `unavailable` when following cannot begin: the cluster is away, or the owner does not get on
   */
  async follow(app: FollowedApp, leaseId: string): Promise<void> {
    if (this.stopping)
      throw new Refusal(problem.unavailable('service', 'This replica is stopping. Try again at once.'));
    const claim = await this.ownership.claim(app.appId, leaseId, this.replicaId);
    if (!claim.mine) return claim.started ? undefined : this.awaitOwner(app.appId);
    const follow = this.running.get(app.appId) ?? this.begin(app, claim.positions);
    // Readers of a follow that is taken over have their lines so far; whatever the cluster does, their lease is renewed.
    if (claim.positions && !follow.hasStarted) return;
    await this.awaitStart(app.appId, follow);
  }

  /** The App is gone for good. */
  async end(app: Omit<FollowedApp, 'namespace'>): Promise<void> {
    const follow = this.running.get(app.appId);
    this.running.delete(app.appId);
    this.publisher.end(app);
    await follow?.stop();
  }

  private begin(app: FollowedApp, positions: Positions | undefined): AppFollow {
    this.publisher.begin(app);
    const follow = new AppFollow(app, positions, {
      cluster: this.clusters.cluster,
      logger: this.logger,
      publish: (line, signal) => this.publisher.publish(app, line, signal),
    });
    this.running.set(app.appId, follow);
    return follow;
  }

  private async awaitStart(appId: AppId, follow: AppFollow): Promise<void> {
    if (follow.hasStarted) return;
    try {
      await within(START_MS, follow.started, () => clusterUnreachable());
      // Readers that asked another replica wait for this.
      await this.ownership.keep(appId, this.replicaId, follow.currentPositions);
    } catch {
      // Begun later, it would miss what is written meanwhile, and nobody would know: the reader begins again.
      await this.letGo(appId, follow);
      throw clusterUnreachable();
    }
  }

  private async awaitOwner(appId: AppId): Promise<void> {
    const until = performance.now() + START_MS;
    while (performance.now() < until) {
      await sleep(LOOK_AGAIN_MS);
      if (await this.ownership.isStarted(appId)) return;
    }
    throw clusterUnreachable();
  }

  private schedule(): void {
    this.timer = setTimeout(() => {
      this.beating = this.beat().finally(() => {
        if (!this.stopping) this.schedule();
      });
    }, BEAT_MS).unref();
  }

  private async beat(): Promise<void> {
    for (const [appId, follow] of [...this.running]) {
      try {
        const kept = await this.ownership.keep(appId, this.replicaId, follow.currentPositions);
        if (!kept) await this.letGo(appId, follow);
      } catch (error) {
        this.logger.warn('a follow could not be kept', { err: error, appId });
      }
    }
  }

  // Out of the map before anything is waited for: a reader that comes meanwhile begins anew.
  private async letGo(appId: AppId, follow: AppFollow): Promise<void> {
    if (this.running.get(appId) === follow) {
      this.running.delete(appId);
      this.publisher.forget(appId);
    }
    await follow.stop();
    await this.ownership.release(appId, this.replicaId);
  }
}
