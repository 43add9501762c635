import { Injectable } from '@nestjs/common';
import type { Envelope } from '@slipway/contracts';
import { Sealing } from '@slipway/messaging';
import { failpoint, isDropped } from '@slipway/runtime';
import { DataSource, type EntityManager, type EntityTarget, type ObjectLiteral, type Repository } from 'typeorm';

import { toTransient } from '../database/database-errors.js';
import { Outbox } from '../outbox/outbox.js';
import { OutboxRelay } from '../outbox/outbox-relay.js';

/** What reading needs: a transaction, or the pool outside of one. */
export class Reader {
  constructor(readonly manager: EntityManager) {}

  getRepository<E extends ObjectLiteral>(entity: EntityTarget<E>): Repository<E> {
    return this.manager.getRepository(entity);
  }
}

/** An open transaction. It is passed by hand: nothing takes part in it that was not given it. */
export class Tx extends Reader {
  constructor(
    manager: EntityManager,
    /** What is published after the commit. */
    readonly outbox: Outbox,
    /** Of the message that this transaction serves; absent in reconcilers and clocks. */
    readonly envelope?: Envelope,
  ) {
    super(manager);
  }
}

@Injectable()
export class Transactions {
  constructor(
    private readonly dataSource: DataSource,
    private readonly sealing: Sealing,
    private readonly relay: OutboxRelay,
  ) {}

  /**
   * One transaction (read committed) for reconcilers and clocks; commands and events use `Inbox.once`. What is in the outbox is
   * published right after the commit. Everything is undone when `work` throws. Asking the pool for a second connection inside `work`
   * can starve the others: use `tx`.
   * @throws Transient for a fault that will pass: database away, deadlock, time-out; everything else as it was thrown
   */
  async run<T>(work: (tx: Tx) => Promise<T>, options: { envelope?: Envelope } = {}): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    const outbox = new Outbox(this.sealing, options.envelope);
    try {
      await runner.startTransaction();
      const result = await work(new Tx(runner.manager, outbox, options.envelope));
      await outbox.flush(runner.manager);
      await failpoint('persistence.before-commit');
      await runner.commitTransaction();
      await failpoint('persistence.after-commit');
      if (!outbox.isEmpty && !isDropped('outbox.skip-wake')) this.relay.wake();
      return result;
    } catch (error) {
      // The first error is the one to tell; a rollback fails only with its connection, which the pool then drops.
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw toTransient(error);
    } finally {
      await runner.release();
    }
  }

  /**
   * Reads without a transaction, each statement for itself: for queries, where two more round trips would be the larger part.
   * @throws Transient like `run`
   */
  async read<T>(work: (reader: Reader) => Promise<T>): Promise<T> {
    try {
      return await work(new Reader(this.dataSource.manager));
    } catch (error) {
      throw toTransient(error);
    }
  }
}
