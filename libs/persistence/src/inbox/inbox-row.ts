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
/** How long a key is honoured. Rows stay longer, since the same message may come again. */
const KEY_KEPT = '24 hours';

/** An operation that a message asks for. */
export interface Claim {
  readonly operation: Pick<Operation, 'subject'>;
  readonly envelope: Envelope;
}

/**
 * Takes operations for this transaction and returns the ids of those that nobody has done, that have expired, or that another message did under
 * this key too long ago. One round trip: the guard
 * limits the wait for another transaction's row before the insert, and the limit is lifted again behind it, since the row locks of the
 * work may wait longer. The advisory locks (shared, so they wait for nobody) tell others which messages are at work: the rows themselves
 * are invisible to them. Each operation id may be claimed once in a call.
 * @throws OperationRunning
 */
export async function claimOperations(
  manager: EntityManager,
  claims: readonly Claim[],
  outcome: Outcome,
  answer: string | null = null,
): Promise<ReadonlySet<string>> {
  try {
    const rows = await manager.query<{ id: string }[]>(
      `insert into inbox (operation_id, subject, message_id, request_hash, outcome, answer)
       select claim.operation_id, claim.subject, claim.message_id, claim.request_hash, $5, $6
         from (select set_config('lock_timeout', '${LOCK_TIMEOUT}', true)) as guard,
              unnest($1::text[], $2::text[], $3::text[], $4::text[])
                as claim (operation_id, subject, message_id, request_hash),
              lateral (select pg_advisory_xact_lock_shared(hashtext(claim.operation_id), hashtext(claim.message_id))) as running
       on conflict (operation_id) do update
         set subject = excluded.subject, message_id = excluded.message_id, request_hash = excluded.request_hash,
             outcome = excluded.outcome, answer = excluded.answer, created_at = now()
         where inbox.outcome = 'expired'
            or (inbox.request_hash is not null and inbox.message_id <> excluded.message_id
                and inbox.created_at < now() - interval '${KEY_KEPT}')
       returning operation_id as id, set_config('lock_timeout', '0', true)`,
      [
        claims.map(({ envelope }) => envelope.operationId),
        claims.map(({ operation }) => operation.subject),
        claims.map(({ envelope }) => envelope.messageId),
        claims.map(({ envelope }) => envelope.requestHash ?? null),
        outcome,
        answer,
      ],
    );
    return new Set(rows.map(({ id }) => id));
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
