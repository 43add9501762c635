import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Transactions } from '@slipway/persistence';
import { ServiceLogger } from '@slipway/runtime';

import { LogsConfig } from '../logs.config.js';

const BATCH_SIZE = 1_000;
const FIRST_MS = 90_000;
const EVERY_MS = 60 * 60_000;

/** Owns forgetting entries that are older than ACTIVITY_DAYS. Several replicas may prune at once. */
@Injectable()
export class PruneActivity implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopping = false;

  constructor(
    private readonly transactions: Transactions,
    private readonly config: LogsConfig,
    private readonly logger: ServiceLogger,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule(FIRST_MS);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** Deletes in batches, so that no statement holds many rows, and returns how many rows went. */
  async prune(): Promise<number> {
    let total = 0;
    while (!this.stopping) {
      const count = await this.transactions.read(async ({ manager }) => {
        const [, deleted] = await manager.query<[unknown[], number]>(
          `delete from activity where id in (
             select id from activity where "time" < now() - $1 * interval '1 day' limit ${BATCH_SIZE} for update skip locked)`,
          [this.config.activityDays],
        );
        return deleted;
      });
      total += count;
      if (count < BATCH_SIZE) break;
    }
    return total;
  }

  // Spread, so that replicas do not prune in the same second.
  private schedule(afterMs: number): void {
    this.timer = setTimeout(
      () => {
        this.running = this.prune().then(
          (count) => this.logger.debug('the activity journal is pruned', { count }),
          (err: unknown) => this.logger.warn('the activity journal could not be pruned', { err }),
        );
        if (!this.stopping) this.schedule(EVERY_MS);
      },
      afterMs * (0.8 + Math.random() * 0.4),
    ).unref();
  }
}
