// Owns asking the cluster what Apps use: one list for all of them, by every replica for itself. Most clusters that lack metrics lack
// them for good, which is no fault: it is said once, and asked again more seldom.
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ClusterConnection, ClusterError } from '@slipway/cluster';
import { ServiceLogger } from '@slipway/runtime';

import { MANAGED_BY } from '../reconciler/desired-objects.js';
import { usageByApp } from './usage.js';
import { UsageHistory } from './usage-history.js';

/** A metrics-server measures every fifteen seconds or more seldom. */
const ASK_EVERY_MS = 15_000;
const ASK_ABSENT_EVERY_MS = 60_000;
/** What is older is not told as the newest. */
const NEWEST_FOR_MS = 90_000;

@Injectable()
export class SampleMetrics implements OnApplicationBootstrap, OnModuleDestroy {
  readonly usage = new UsageHistory();
  private timer: NodeJS.Timeout | undefined;
  private asking: Promise<void> = Promise.resolve();
  private readonly stopping = new AbortController();
  private toldAt = 0;
  private absent = false;

  constructor(
    private readonly connection: ClusterConnection,
    private readonly logger: ServiceLogger,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule(0);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await this.asking;
  }

  /** Asks once. */
  async sample(): Promise<void> {
    const options = { labelSelector: `${MANAGED_BY}=slipway`, signal: this.stopping.signal };
    try {
      const metrics = await this.connection.cluster.list('PodMetrics', options);
      this.toldAt = performance.now();
      this.usage.add(usageByApp(metrics), Date.now());
      if (this.absent) this.logger.info('the cluster has metrics of pods now');
      this.absent = false;
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      if (performance.now() - this.toldAt > NEWEST_FOR_MS) this.usage.forgetNewest();
      // Nobody at all answers: that is told elsewhere, and says nothing about metrics.
      if (error.kind === 'unreachable' || this.absent) return;
      this.absent = true;
      this.logger.info('the cluster has no metrics of pods', { reason: error.message });
    }
  }

  private schedule(afterMs: number): void {
    if (this.stopping.signal.aborted) return;
    this.timer = setTimeout(() => {
      this.asking = this.sample()
        .catch((err: unknown) => this.logger.warn('metrics could not be read', { err }))
        .finally(() => this.schedule(this.absent ? ASK_ABSENT_EVERY_MS : ASK_EVERY_MS));
    }, afterMs);
    this.timer.unref();
  }
}
