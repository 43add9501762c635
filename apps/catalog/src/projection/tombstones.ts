import type { Tx } from '@slipway/persistence';
import { LessThan } from 'typeorm';

import { TombstoneEntity } from './tombstone.entity.js';

/** Far longer than EVENTS keeps anything (7 days) and dead letters may be replayed (30 days). */
const RETENTION_DAYS = 60;

/** Of a statement whose first parameter is the id of an App or Environment: the mark that it is gone. */
export const BURIED = 'select from tombstone where id = $1';

/** Marks Apps or Environments as gone for good, and forgets marks that nothing can need any more. */
export async function bury(tx: Tx, ids: readonly string[], now: Date): Promise<void> {
  const tombstones = tx.getRepository(TombstoneEntity);
  await tombstones.upsert(
    ids.map((id) => ({ id, buriedAt: now })),
    ['id'],
  );
  await tombstones.delete({ buriedAt: LessThan(new Date(now.getTime() - RETENTION_DAYS * 24 * 60 * 60 * 1000)) });
}
