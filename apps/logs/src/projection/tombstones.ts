import type { Tx } from '@slipway/persistence';
import { LessThan } from 'typeorm';

import { TombstoneEntity } from './tombstone.entity.js';

/** Far longer than EVENTS keeps anything (7 days) and dead letters may be replayed (30 days). */
const RETENTION_DAYS = 60;

/**
 * Makes the events about one App wait for each other until the transaction ends. A row lock would not do: there is no
 * row before the first event and after the last one. Taken in one order everywhere, so that two transactions do not wait for each other.
 */
export async function lockSubjects(tx: Tx, ids: ReadonlySet<string>): Promise<void> {
  await tx.manager.query(`select pg_advisory_xact_lock(hashtextextended(id, 0)) from unnest($1::text[]) as id`, [
    [...ids].sort(),
  ]);
}

/** Marks Apps as gone for good, and forgets marks that nothing can need any more. */
export async function bury(tx: Tx, ids: readonly string[], now: Date): Promise<void> {
  const tombstones = tx.getRepository(TombstoneEntity);
  await tombstones.upsert(
    ids.map((id) => ({ id, buriedAt: now })),
    ['id'],
  );
  await tombstones.delete({ buriedAt: LessThan(new Date(now.getTime() - RETENTION_DAYS * 24 * 60 * 60 * 1000)) });
}
