import { Injectable } from '@nestjs/common';
import type { AppId } from '@slipway/contracts';
import { takeTurns, Transactions, type Tx } from '@slipway/persistence';

import type { Positions } from './positions.js';

/** A reader that stops renewing is forgotten after this. */
const LEASE = '30 seconds';
/** An owner that stops saying so is replaced by whoever renews next: with renewals every 15 s, within 25 s. */
const OWNED = '10 seconds';

export type Claim =
  | {
      /** This replica is to follow the App. */
      readonly mine: true;
      /** How far the last owner came, when readers have been waiting since; absent where following begins anew. */
      readonly positions?: Positions;
    }
  | {
      readonly mine: false;
      /** Whether the owner publishes already. */
      readonly started: boolean;
    };

/** Owns which replica follows which App: one row per App, taken when its owner has not been heard of. All clocks are the database's. */
@Injectable()
export class FollowOwnership {
  constructor(private readonly transactions: Transactions) {}

  /** Renews a reader's lease, and takes the App for this replica if nobody has it. */
  claim(appId: AppId, leaseId: string, replicaId: string): Promise<Claim> {
    return this.transactions.run(async (tx) => {
      await takeTurns(tx, [appId]);
      const awaited = await isWanted(tx, appId);
      await tx.manager.query(
        `insert into follow_lease (id, app_id, expires_at) values ($1, $2, now() + interval '${LEASE}')
         on conflict (id, app_id) do update set expires_at = excluded.expires_at`,
        [leaseId, appId],
      );
      const [claimed] = await tx.manager.query<{ positions: Positions | null }[]>(
        `insert into follow_owner (app_id, replica_id, expires_at) values ($1, $2, now() + interval '${OWNED}')
         on conflict (app_id) do update
         set replica_id = excluded.replica_id, expires_at = excluded.expires_at,
             positions = case when $3 or follow_owner.replica_id = excluded.replica_id then follow_owner.positions end
         where follow_owner.expires_at < now() or follow_owner.replica_id = excluded.replica_id
         returning positions`,
        [appId, replicaId, awaited],
      );
      if (claimed) return { mine: true, ...(awaited && claimed.positions && { positions: claimed.positions }) };
      return { mine: false, started: await isStarted(tx, appId) };
    });
  }

  isStarted(appId: AppId): Promise<boolean> {
    return this.transactions.read((reader) => isStarted(reader, appId));
  }

  /** Says that this replica is still there. False when nobody reads any more, or another replica has the App. */
  keep(appId: AppId, replicaId: string, positions: Positions | undefined): Promise<boolean> {
    return this.transactions.read(async ({ manager }) => {
      const [, count] = await manager.query<[unknown[], number]>(
        `update follow_owner set expires_at = now() + interval '${OWNED}', positions = coalesce($3::jsonb, positions)
         where app_id = $1 and replica_id = $2
           and exists (select from follow_lease where app_id = $1 and expires_at > now())`,
        [appId, replicaId, toJson(positions)],
      );
      return count > 0;
    });
  }

  /** Gives the App to whoever claims it next, who goes on from `positions`. */
  async handOver(appId: AppId, replicaId: string, positions: Positions | undefined): Promise<void> {
    await this.transactions.read(({ manager }) =>
      manager.query(
        `update follow_owner set expires_at = now() - interval '1 second', positions = coalesce($3::jsonb, positions)
         where app_id = $1 and replica_id = $2`,
        [appId, replicaId, toJson(positions)],
      ),
    );
  }

  /** Nobody reads any more. A reader that has come meanwhile keeps what it claimed. */
  async release(appId: AppId, replicaId: string): Promise<void> {
    await this.transactions.run(async (tx) => {
      await takeTurns(tx, [appId]);
      if (await isWanted(tx, appId)) return;
      await tx.manager.query(`delete from follow_owner where app_id = $1 and replica_id = $2`, [appId, replicaId]);
      await tx.manager.query(`delete from follow_lease where expires_at < now()`);
    });
  }
}

/** The Apps are gone: whoever follows them stops, and nobody's lease keeps them. */
export async function forgetFollows(tx: Tx, appIds: readonly AppId[]): Promise<void> {
  if (appIds.length === 0) return;
  await tx.manager.query(`delete from follow_lease where app_id = any($1)`, [appIds]);
  await tx.manager.query(`delete from follow_owner where app_id = any($1)`, [appIds]);
}

async function isWanted({ manager }: Pick<Tx, 'manager'>, appId: AppId): Promise<boolean> {
  const rows = await manager.query<unknown[]>(
    `select from follow_lease where app_id = $1 and expires_at > now() limit 1`,
    [appId],
  );
  return rows.length > 0;
}

// An owner that knows where its containers stand has started.
async function isStarted({ manager }: Pick<Tx, 'manager'>, appId: AppId): Promise<boolean> {
  const rows = await manager.query<unknown[]>(`select from follow_owner where app_id = $1 and positions is not null`, [
    appId,
  ]);
  return rows.length > 0;
}

const toJson = (positions: Positions | undefined): string | null => (positions ? JSON.stringify(positions) : null);
