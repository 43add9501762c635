// Owns bringing committed outbox rows to the broker. A row is marked sent when the broker has confirmed it, never before; a crash in
// between publishes it again under the same id, which the broker drops within its duplicate window and consumers drop by their inbox.
import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { EventPublisher } from '@slipway/messaging';
import { failpoint, ServiceLogger, within } from '@slipway/runtime';
import { DataSource } from 'typeorm';

import type { StoredEnvelope } from './outbox.js';

interface StoredMessage {
  readonly id: string;
  readonly subject: string;
  readonly envelope: StoredEnvelope;
  readonly payload: object;
}

const BATCH_SIZE = 100;
const IDLE_MS = 1_000;
const BACKOFF_MS = [250, 500, 1_000, 2_000];
/** A failure that lasts is told again after so many attempts. */
const REMIND_EVERY = 60;
const LAST_PASS_MS = 2_000;

@Injectable()
export class OutboxRelay implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  private stopping = false;
  private woken = false;
  private failures = 0;
  private endSleep: (() => void) | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly publisher: EventPublisher,
    private readonly logger: ServiceLogger,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.loop();
  }

  /** Called after a commit that left rows. While the broker or the database is away, the clock alone decides. */
  wake(): void {
    this.woken = true;
    if (this.failures === 0) this.endSleep?.();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    this.endSleep?.();
    await this.running;
  }

  // No handler runs any more. What cannot leave now stays in its rows for the next start.
  async beforeApplicationShutdown(): Promise<void> {
    await within(LAST_PASS_MS, this.publishAll(), () => new Error('the last events wait for the next start')).catch(
      (err: unknown) => this.logger.warn('events are left in the outbox', { err }),
    );
  }

  private async loop(): Promise<void> {
    while (!this.stopping) {
      await this.sleep(await this.attempt());
    }
  }

  /** Returns how long to wait for the next attempt. */
  private async attempt(): Promise<number> {
    try {
      if (this.woken || (await this.hasUnsent())) {
        this.woken = false;
        await this.publishAll();
      }
      if (this.failures > 0) this.logger.info('events leave the outbox again');
      this.failures = 0;
      return IDLE_MS;
    } catch (error) {
      if (this.failures % REMIND_EVERY === 0) this.logger.warn('events cannot leave the outbox', { err: error });
      this.failures += 1;
      return BACKOFF_MS[this.failures - 1] ?? BACKOFF_MS.at(-1) ?? IDLE_MS;
    }
  }

  private async sleep(durationMs: number): Promise<void> {
    if (this.stopping || (this.woken && this.failures === 0)) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, durationMs);
      this.endSleep = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.endSleep = undefined;
  }

  private async hasUnsent(): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(`select 1 from outbox where sent_at is null limit 1`);
    return rows.length > 0;
  }

  private async publishAll(): Promise<void> {
    while ((await this.publishBatch()) === BATCH_SIZE);
  }

  /** @throws the first failure, after what did leave has been marked */
  private async publishBatch(): Promise<number> {
    const failures: unknown[] = [];
    const count = await this.dataSource.transaction(async (manager) => {
      // The broker may take five seconds for its answer, which is the role's limit for an idle transaction.
      await manager.query(`set local idle_in_transaction_session_timeout = '15s'`);
      const rows = await manager.query<StoredMessage[]>(
        `select id, subject, envelope, payload from outbox where sent_at is null order by position limit $1 for update skip locked`,
        [BATCH_SIZE],
      );
      if (rows.length === 0) return 0;
      await failpoint('outbox.after-select');
      // Sent in the order of the rows over one connection; the confirmations are awaited together.
      const results = await Promise.allSettled(rows.map((row) => this.publisher.publish(row)));
      await failpoint('outbox.after-puback');
      failures.push(...results.filter((result) => result.status === 'rejected').map(({ reason }) => reason as unknown));
      const sent = rows.filter((_, index) => results[index]?.status === 'fulfilled').map(({ id }) => id);
      if (sent.length > 0) await manager.query(`update outbox set sent_at = now() where id = any($1::uuid[])`, [sent]);
      return rows.length;
    });
    if (failures.length > 0) throw failures[0];
    return count;
  }
}
