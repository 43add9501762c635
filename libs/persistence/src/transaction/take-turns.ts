import type { Tx } from './transactions.js';

/**
 * Makes the transactions of this service that name the same thing wait for each other until they end; those of other services, which are in
 * the same database, wait for none of them. For what has no row to lock, or not yet. Locks are taken in one order everywhere.
 */
export async function takeTurns(tx: Tx, names: Iterable<string>): Promise<void> {
  await tx.manager.query(
    `select pg_advisory_xact_lock(hashtextextended(current_schema() || ':' || name, 0)) from unnest($1::text[]) as name`,
    [[...new Set(names)].sort()],
  );
}
