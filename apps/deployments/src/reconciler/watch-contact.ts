// Owns whether the cluster can be seen at all, and telling since when it cannot. Every replica asks; the row `cluster_contact` is what
// all of them know together, so that one replica without a network does not speak for the others.
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { AppId } from '@slipway/contracts';
import { ClusterConnection, ClusterError } from '@slipway/cluster';
import { Transactions } from '@slipway/persistence';
import { ServiceLogger } from '@slipway/runtime';
import { DataSource } from 'typeorm';

import { AppSignals } from '../app/app-signals.js';

// A silent cluster is told within ten seconds: two for which its last answer counts, two of pause, three of waiting for the answer, and this
// while it refuses at once.
const ASK_EVERY_MS = 2_000;
const SILENT_AFTER_SECONDS = 4;

@Injectable()
export class WatchContact implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly backListeners = new Set<() => void>();
  private timer: NodeJS.Timeout | undefined;
  private asking: Promise<void> = Promise.resolve();
  private away = false;
  private stopping = false;

  constructor(
    private readonly connection: ClusterConnection,
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly signals: AppSignals,
    private readonly logger: ServiceLogger,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule(0);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    await this.asking;
  }

  /** Hears that the cluster answers again. */
  onBack(listener: () => void): void {
    this.backListeners.add(listener);
  }

  private schedule(afterMs: number): void {
    if (this.stopping) return;
    this.timer = setTimeout(() => {
      this.asking = this.ask()
        .catch((err: unknown) => this.logger.debug('the contact to the cluster could not be noted', { err }))
        .finally(() => this.schedule(ASK_EVERY_MS));
    }, afterMs);
    this.timer.unref();
  }

  private async ask(): Promise<void> {
    try {
      // Whoever leads renews its lease as often, and need not ask beside that.
      await this.connection.cluster.ping(ASK_EVERY_MS);
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      if (!this.away) this.logger.warn('the cluster does not answer', { err: error });
      this.away = true;
      await this.tellSilence();
      return;
    }
    await this.dataSource.query(
      `insert into cluster_contact (id, seen_at) values (1, now()) on conflict (id) do update set seen_at = excluded.seen_at`,
    );
    if (!this.away) return;
    this.away = false;
    this.logger.info('the cluster answers again');
    for (const listener of this.backListeners) listener();
  }

  private async tellSilence(): Promise<void> {
    const told = await this.transactions.run(async ({ manager }) => {
      const [contact] = await manager.query<{ seenAt: Date; silent: boolean }[]>(
        `select seen_at as "seenAt", seen_at < now() - interval '${SILENT_AFTER_SECONDS} seconds' as silent from cluster_contact where id = 1`,
      );
      if (contact && !contact.silent) return [];
      const since = contact ? ` since ${contact.seenAt.toISOString()}` : ' yet';
      const [rows] = await manager.query<[{ id: AppId }[], number]>(
        `update app set reason = 'ClusterUnreachable', message = $1, status_changed_at = now()
          where reason <> 'ClusterUnreachable' returning id`,
        [`The cluster has not answered${since}; what is told of the app is from before`],
      );
      return rows;
    });
    for (const { id } of told) this.signals.observed(id);
  }
}
