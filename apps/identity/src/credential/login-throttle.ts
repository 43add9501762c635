import { Injectable } from '@nestjs/common';
import { problem } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import { Transactions, type Tx } from '@slipway/persistence';
import { Turns } from '@slipway/runtime';
import { In } from 'typeorm';

import { emailKey } from '../user/user.js';
import { LoginFailuresEntity } from './login-failures.entity.js';
import { afterFailure, FREE_FAILURES, waitMs } from './throttle.js';

export interface Attempt {
  readonly email: string;
  /** The client's. */
  readonly address: string;
}

/** Slows repeated failures down before any hashing. Unknown users count like known ones, and nobody is ever locked out. */
@Injectable()
export class LoginThrottle {
  /** Of each account from each client. */
  private readonly turns = new Turns();

  constructor(private readonly transactions: Transactions) {}

  /**
   * Does `work`, which records a failure itself, when the attempts before it have ended: those that come at once learn no more than those
   * that come in turn.
   * @throws Refusal `rate_limited`
   */
  attempt<T>(attempt: Attempt, work: () => Promise<T>): Promise<T> {
    return this.turns.take(keysOf(attempt).client, async () => {
      await this.admit(attempt);
      return work();
    });
  }

  private async admit(attempt: Attempt): Promise<void> {
    const { account, client } = keysOf(attempt);
    const rows = await this.transactions.read((tx) =>
      tx.getRepository(LoginFailuresEntity).findBy({ key: In([account, client]) }),
    );
    const now = new Date();
    const of = (key: string) => rows.find((row) => row.key === key) ?? null;
    const retryAfterMs = Math.max(
      waitMs(of(account), FREE_FAILURES.account, now),
      waitMs(of(client), FREE_FAILURES.client, now),
    );
    if (retryAfterMs > 0) {
      throw new Refusal(problem.rateLimited('user', 'Too many failed logins; wait before the next.', { retryAfterMs }));
    }
  }

  /** In a transaction of its own: the refusal that follows changes nothing else. */
  async recordFailure(attempt: Attempt): Promise<void> {
    await this.transactions.run(async (tx) => {
      const failures = tx.getRepository(LoginFailuresEntity);
      for (const key of Object.values(keysOf(attempt))) {
        await failures.createQueryBuilder().insert().values({ key, count: 0, lastAt: new Date() }).orIgnore().execute();
        const row = await failures.findOneOrFail({ where: { key }, lock: { mode: 'pessimistic_write' } });
        await failures.update({ key }, afterFailure(row, new Date()));
      }
    });
  }

  /** A success clears the client's own record; that of the account stays, since others may be guessing. */
  async forget(tx: Tx, attempt: Attempt): Promise<void> {
    await tx.getRepository(LoginFailuresEntity).delete({ key: keysOf(attempt).client });
  }
}

function keysOf({ email, address }: Attempt): { account: string; client: string } {
  const key = emailKey(email);
  return { account: `account ${key}`, client: `client ${address} ${key}` };
}
