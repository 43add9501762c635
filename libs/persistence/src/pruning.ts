import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ServiceLogger } from '@slipway/runtime';
import { DataSource } from 'typeorm';

import { PERSISTENCE_OPTIONS, quoteName, type PersistenceOptions, type Prune } from './database/database-options.js';

// EVENTS keeps its messages for seven days, and a lost broker disk is refilled from the outbox. How long a key is honoured is another
// matter (`inbox-row.ts`).
const KEPT = '7 days';
const OWN: readonly Prune[] = [
  { table: 'outbox', condition: `sent_at < now() - interval '${KEPT}'` },
  { table: 'inbox', condition: `created_at < now() - interval '${KEPT}'` },
];
const BATCH_SIZE = 1_000;
const FIRST_MS = 60_000;
const EVERY_MS = 10 * 60_000;

/** Owns forgetting what the inbox, the outbox and the service's own tables need no longer. Several replicas may prune at once. */
@Injectable()
export class Pruning implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopping = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly logger: ServiceLogger,
    @Inject(PERSISTENCE_OPTIONS) private readonly options: Pick<PersistenceOptions, 'prunes'>,
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
    for (const prune of [...OWN, ...(this.options.prunes ?? [])]) total += await this.delete(prune);
    return total;
  }

  private async delete({ table, condition }: Prune): Promise<number> {
    const name = quoteName(table);
    let total = 0;
    while (!this.stopping) {
      const [, count] = await this.dataSource.query<[unknown[], number]>(
        `delete from ${name} where ctid in (select ctid from ${name} where ${condition} limit ${BATCH_SIZE} for update skip locked)`,
      );
      total += count;
      if (count < BATCH_SIZE) break;
    }
    return total;
  }

  // Spread, so that replicas and services do not prune in the same second.
  private schedule(afterMs: number): void {
    this.timer = setTimeout(
      () => {
        this.running = this.prune().then(
          (count) => this.logger.debug('old rows are pruned', { count }),
          (err: unknown) => this.logger.warn('old rows could not be pruned', { err }),
        );
        if (!this.stopping) this.schedule(EVERY_MS);
      },
      afterMs * (0.8 + Math.random() * 0.4),
    );
    this.timer.unref();
  }
}
