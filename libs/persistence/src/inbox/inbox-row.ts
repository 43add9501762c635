import type { Envelope, Operation } from '@slipway/contracts';
import type { EntityManager } from 'typeorm';

import { isLockTimeout } from '../database/database-errors.js';

/** `running` is never seen by others: it is replaced before the commit. `expired` was not done and may be done afresh. */
export type Outcome = 'running' | 'answered' | 'refused' | 'expired';

export interface InboxRow {
  readonly subject: string;
  readonly requestHash: string | null;
  readonly outcome: Outcome;
  readonly answer: string | null;
}

/** Another transaction is working on this operation. */
export class OperationRunning extends Error {}

const LOCK_TIMEOUT = '50ms';

/**
 * Takes an operation for this transaction: true when nobody has done it, or it has expired. One round trip: the guard limits the wait for
 * another transaction's row before the insert, and the limit is lifted again behind it, since the row locks of the work may wait
 * longer. The advisory lock (shared, so it waits for nobody) tells others which message is at work: the row itself is invisible to them.
 * @throws OperationRunning
 */
export async function claimOperation(
  manager: EntityManager,
  operation: Operation,
  envelope: Envelope,
  outcome: Outcome,
  answer: string | null = null,
): Promise<boolean> {
  try {
    const rows = await manager.query<unknown[]>(
      `insert into inbox (operation_id, subject, message_id, request_hash, outcome, answer)
       select $1::text, $2, $3::text, $4, $5, $6
         from (select set_config('lock_timeout', '${LOCK_TIMEOUT}', true),
                      pg_advisory_xact_lock_shared(hashtext($1::text), hashtext($3::text))) as guard
       on conflict (operation_id) do update
         set subject = excluded.subject, message_id = excluded.message_id, request_hash = excluded.request_hash,
             outcome = excluded.outcome, answer = excluded.answer, created_at = now()
         where inbox.outcome = 'expired'
       returning set_config('lock_timeout', '0', true)`,
      [envelope.operationId, operation.subject, envelope.messageId, envelope.requestHash ?? null, outcome, answer],
    );
    return rows.length > 0;
  } catch (error) {
    throw isLockTimeout(error) ? new OperationRunning() : error;
  }
}

export async function recordAnswer(manager: EntityManager, operationId: string, answer: string | null): Promise<void> {
  await manager.query(`update inbox set outcome = 'answered', answer = $2 where operation_id = $1`, [
    operationId,
    answer,
  ]);
}

export async function findOperation(manager: EntityManager, operationId: string): Promise<InboxRow | undefined> {
  const rows = await manager.query<InboxRow[]>(
    `select subject, request_hash as "requestHash", outcome, answer from inbox where operation_id = $1`,
    [operationId],
  );
  return rows[0];
}

/** Whether this very message is at work in another transaction: a second delivery, not a second request. */
export async function isMessageRunning(manager: EntityManager, envelope: Envelope): Promise<boolean> {
  const rows = await manager.query<unknown[]>(
    `select 1 from pg_locks
      where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
        and classid::bigint = hashtext($1)::bigint & 4294967295 and objid::bigint = hashtext($2)::bigint & 4294967295 and objsubid = 2`,
    [envelope.operationId, envelope.messageId],
  );
  return rows.length > 0;
}
