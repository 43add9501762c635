// Owns looking for proofs when they are due. Every replica looks, none waits for another: a check is claimed by moving it a minute on, so
// that one whose replica ends is taken up again.
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Phase } from '@slipway/contracts';
import { Transactions } from '@slipway/persistence';
import { ServiceLogger } from '@slipway/runtime';
import { DataSource, In } from 'typeorm';

import { AppQueries } from '../app/app.queries.js';
import { AppSignals } from '../app/app-signals.js';
import { DomainEntity } from './domain.entity.js';
import { Domains } from './domains.js';

const EVERY_MS = 1_000;
const AT_ONCE = 50;

@Injectable()
export class CheckDomains implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();
  private stopping = false;
  private failing = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly queries: AppQueries,
    private readonly domains: Domains,
    private readonly signals: AppSignals,
    private readonly logger: ServiceLogger,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    await this.round;
  }

  private schedule(): void {
    this.timer = setTimeout(() => {
      this.round = this.checkDue().finally(() => {
        if (!this.stopping) this.schedule();
      });
    }, EVERY_MS);
  }

  private async checkDue(): Promise<void> {
    try {
      const due = await this.claim();
      await Promise.all(due.map((domain) => this.check(domain)));
      if (this.failing) this.logger.info('domains are checked again');
      this.failing = false;
    } catch (error) {
      // Told once for as long as it lasts: the clock tries again every second.
      if (!this.failing) this.logger.warn('domains cannot be checked', { err: error });
      this.failing = true;
    }
  }

  // One statement, which needs no transaction around it: nearly always there is nothing.
  private async claim(): Promise<DomainEntity[]> {
    const [rows] = await this.dataSource.query<[{ id: string }[], number]>(
      `update domain set next_check_at = now() + interval '1 minute' where id in (
         select id from domain where next_check_at <= now() order by next_check_at limit $1 for update skip locked)
        returning id`,
      [AT_ONCE],
    );
    if (rows.length === 0) return [];
    return this.dataSource.getRepository(DomainEntity).findBy({ id: In(rows.map(({ id }) => id)) });
  }

  private async check(due: DomainEntity): Promise<void> {
    const proof = await this.domains.lookFor(due);
    const isSettled = await this.transactions.run(async (tx) => {
      const found = await this.queries.lockAny(tx, due.appId);
      const domain = await tx.getRepository(DomainEntity).findOneBy({ id: due.id });
      // Removed, or verified by its user, in the meantime; the domains of an App that is being deleted go with it.
      if (!found || found.app.status.phase === Phase.deleting || domain?.state !== 'pending') return false;
      await this.domains.settle(tx, found, domain, proof, null);
      return true;
    });
    if (isSettled) this.signals.committed(due.appId);
  }
}
