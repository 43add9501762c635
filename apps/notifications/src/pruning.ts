import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ServiceLogger } from '@slipway/runtime';
import { DataSource } from 'typeorm';

import { FEED_KEPT } from './feed/feed.js';

/** The longest schedule of retries takes three and a half days; a month lets its owner look into it. */
const DELIVERIES_KEPT = '30 days';
const BATCH_SIZE = 1_000;
const FIRST_MS = 90_000;
const EVERY_MS = 10 * 60_000;

/** Owns forgetting old entries of feeds, and deliveries that are over. Several replicas may prune at once. */
@Injectable()
export class Pruning implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopping = false;

  constructor(
    private readonly dataSource: DataSource,
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

  /** Deletes in batches, so that no statement holds many rows. */
  async prune(): Promise<void> {
    await this.deleteBatches(
      `delete from "feed_entry" where ("userId", "id") in (
         select "userId", "id" from "feed_entry" where "time" < now() - interval '${FEED_KEPT}'
         limit ${BATCH_SIZE} for update skip locked)`,
    );
    await this.deleteBatches(
      `delete from "delivery" where "id" in (
         select "id" from "delivery" where "createdAt" < now() - interval '${DELIVERIES_KEPT}' and "status" <> 'pending'
         limit ${BATCH_SIZE} for update skip locked)`,
    );
  }

  private async deleteBatches(statement: string): Promise<void> {
    while (!this.stopping) {
      const [, count] = await this.dataSource.query<[unknown[], number]>(statement);
      if (count < BATCH_SIZE) return;
    }
  }

  // Spread, so that replicas do not prune in the same second.
  private schedule(afterMs: number): void {
    this.timer = setTimeout(
      () => {
        this.running = this.prune().catch((err: unknown) => this.logger.warn('nothing old could be pruned', { err }));
        if (!this.stopping) this.schedule(EVERY_MS);
      },
      afterMs * (0.8 + Math.random() * 0.4),
    );
    this.timer.unref();
  }
}
