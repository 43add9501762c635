import type { Tx } from '@slipway/persistence';
import { LessThan } from 'typeorm';

import { TombstoneEntity } from './tombstone.entity.js';

/** Far longer than EVENTS keeps anything (7 days) and dead letters may be replayed (30 days). */
const RETENTION_DAYS = 60;

export function isBuried(tx: Tx, id: string): Promise<boolean> {
  return tx.getRepository(TombstoneEntity).existsBy({ id });
}

/** Marks an App or Environment as gone for good, and forgets marks that nothing can need any more. */
export async function bury(tx: Tx, id: string, now: Date): Promise<void> {
  const tombstones = tx.getRepository(TombstoneEntity);
  await tombstones.upsert({ id, buriedAt: now }, ['id']);
  await tombstones.delete({ buriedAt: LessThan(new Date(now.getTime() - RETENTION_DAYS * 24 * 60 * 60 * 1000)) });
}
