import { Injectable } from '@nestjs/common';
import { Gauge, Metrics } from '@slipway/runtime';
import { DataSource } from 'typeorm';

/** What waits in the outbox, counted when somebody asks for the metrics. */
@Injectable()
export class OutboxMetrics {
  private readonly waiting: Gauge;
  private readonly oldest: Gauge;
  private measuring: Promise<void> | undefined;

  constructor(
    private readonly dataSource: DataSource,
    metrics: Metrics,
  ) {
    this.waiting = new Gauge({
      name: 'slipway_outbox_waiting',
      help: 'Messages that are committed and not yet published.',
      registers: [metrics],
      collect: () => this.measured(),
    });
    this.oldest = new Gauge({
      name: 'slipway_outbox_oldest_seconds',
      help: 'Age of the oldest message that is committed and not yet published; 0 without one.',
      registers: [metrics],
      collect: () => this.measured(),
    });
  }

  // Both gauges are collected at once, and one statement answers for both.
  private measured(): Promise<void> {
    this.measuring ??= this.measure().finally(() => (this.measuring = undefined));
    return this.measuring;
  }

  private async measure(): Promise<void> {
    const [row] = await this.dataSource
      .query<{ waiting: string; oldest: string }[]>(
        `select count(*) as waiting, coalesce(extract(epoch from now() - min(created_at)), 0) as oldest from outbox where sent_at is null`,
      )
      // Readiness tells that the database is away; the other metrics are wanted all the more.
      .catch(() => [{ waiting: 'NaN', oldest: 'NaN' }]);
    this.waiting.set(Number(row?.waiting));
    this.oldest.set(Number(row?.oldest));
  }
}
