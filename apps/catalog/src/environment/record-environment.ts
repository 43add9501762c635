import { type AppFacts, type EnvironmentId, EnvironmentKind } from '@slipway/contracts';
import { takeTurns, type Tx } from '@slipway/persistence';
import { In } from 'typeorm';

import { bury, BURIED } from '../projection/tombstones.js';
import { EnvironmentEntity, EnvironmentState } from './environment.entity.js';

// A dedicated Environment lives as its one App does: active, then deleting, then gone. It never goes back, so the later state wins in
// whatever order the events arrive, and a version need not be compared.

/**
 * Takes in the Environment that was made for an App alone, in its turn. Other Environments are catalog's own: an App says nothing new about
 * them.
 */
export async function recordDedicatedEnvironment(
  tx: Tx,
  { environment, ownerId }: AppFacts,
  state: EnvironmentState,
  now: Date,
): Promise<void> {
  if (environment.kind !== EnvironmentKind.dedicated) return;
  const { id, name, namespace, kind } = environment;
  await tx.manager.query(
    `insert into environment (id, name, namespace, kind, owner_id, state, version, created_at, updated_at)
     select $1::uuid, $2::text, $3::text, $4::text, $5::uuid, $6::text, 1, $7::timestamptz, $7::timestamptz
      where not exists (${BURIED})
     on conflict (id) do update set state = excluded.state, version = environment.version + 1,
       updated_at = excluded.updated_at
       where environment.state not in ('${EnvironmentState.deleting}', excluded.state)`,
    [id, name, namespace, kind, ownerId, state, now],
  );
}

/** The cluster is rid of the namespaces, or they stay as somebody else's: either way the names are free again. */
export async function removeEnvironments(tx: Tx, given: readonly EnvironmentId[]): Promise<void> {
  const ids = [...new Set(given)];
  await takeTurns(tx, ids);
  await bury(tx, ids, new Date());
  await tx.getRepository(EnvironmentEntity).delete({ id: In(ids) });
}
