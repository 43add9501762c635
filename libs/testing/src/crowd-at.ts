import type { DataSource } from 'typeorm';

import { waitFor } from './wait-for.js';

export interface Crowd<T> {
  /** SQL that locks what all of them want, run by a transaction of `owner`'s. */
  readonly lock: string;
  readonly values: readonly unknown[];
  /** Made fifty times; it should wait longer than a caller does. */
  readonly call: () => Promise<unknown>;
  /** Made while they wait: it wants nothing of theirs. */
  readonly other: () => Promise<T>;
}

/** Lets fifty calls wait for one lock, and makes another meanwhile. Returns its answer, and then how the fifty ended once the lock was free. */
export async function crowdAt<T>(
  owner: DataSource,
  { lock, values, call, other }: Crowd<T>,
): Promise<{ other: T; fifty: PromiseSettledResult<unknown>[] }> {
  const holder = owner.createQueryRunner();
  await holder.startTransaction();
  await holder.query(lock, [...values]);
  const fifty = Promise.allSettled(Array.from({ length: 50 }, () => call()));
  try {
    const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    await waitFor(async () => (await owner.query<unknown[]>(waiting)).length > 0);
    const answer = await other();
    await holder.commitTransaction();
    return { other: answer, fifty: await fifty };
  } finally {
    // Otherwise the service could not stop.
    if (holder.isTransactionActive) await holder.rollbackTransaction();
    await holder.release();
  }
}
