import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ServiceLogger } from '@slipway/runtime';
import { DataSource } from 'typeorm';

// EVENTS keeps its messages for seven days, and a lost broker disk is refilled from the outbox; an Idempotency-Key is good for 24 hours.
const KEPT = '7 days';
const BATCH_SIZE = 1_000;
const FIRST_MS = 60_000;
const EVERY_MS = 10 * 60_000;

/** Owns forgetting what the inbox and the outbox need no longer. Several replicas may prune at once. */
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

  /** Deletes in batches, so that no statement holds many rows, and returns how many rows went. */
  async prune(): Promise<number> {
    return (
      (await this.deleteWhere('outbox', 'id', `sent_at < now() - interval '${KEPT}'`)) +
      (await this.deleteWhere('inbox', 'operation_id', `created_at < now() - interval '${KEPT}'`))
    );
  }

  private async deleteWhere(table: string, key: string, condition: string): Promise<number> {
    let total = 0;
    while (!this.stopping) {
      const rows = await this.dataSource.query<[unknown[], number]>(
        `delete from ${table} where ${key} in (select ${key} from ${table} where ${condition} limit ${BATCH_SIZE} for update skip locked)`,
      );
      total += rows[1];
      if (rows[1] < BATCH_SIZE) break;
    }
    return total;
  }

  // Spread, so that replicas and services do not prune in the same second.
  private schedule(afterMs: number): void {
    this.timer = setTimeout(
      () => {
        this.running = this.prune().then(
          (count) => this.logger.debug('inbox and outbox are pruned', { count }),
          (err: unknown) => this.logger.warn('inbox and outbox could not be pruned', { err }),
        );
        if (!this.stopping) this.schedule(EVERY_MS);
      },
      afterMs * (0.8 + Math.random() * 0.4),
    );
    this.timer.unref();
  }
}
