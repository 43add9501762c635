import { type AppFacts, type EnvironmentId, EnvironmentKind } from '@slipway/contracts';
import { takeTurns, type Tx } from '@slipway/persistence';

import { bury, isBuried } from '../projection/tombstones.js';
import { EnvironmentEntity, EnvironmentState } from './environment.entity.js';

// A dedicated Environment lives as its one App does: active, then deleting, then gone. It never goes back, so the later state wins in
// whatever order the events arrive, and a version need not be compared.

/** Takes in the Environment that was made for an App alone. Other Environments are catalog's own: an App says nothing new about them. */
export async function recordDedicatedEnvironment(
  tx: Tx,
  { environment, ownerId }: AppFacts,
  state: EnvironmentState,
  now: Date,
): Promise<void> {
  if (environment.kind !== EnvironmentKind.dedicated) return;
  await takeTurns(tx, [environment.id]);
  if (await isBuried(tx, environment.id)) return;
  const rows = tx.getRepository(EnvironmentEntity);
  const stored = await rows.findOneBy({ id: environment.id });
  if (!stored) {
    const { id, name, namespace, kind } = environment;
    await rows.insert({ id, name, namespace, kind, ownerId, state, version: 1, createdAt: now, updatedAt: now });
    return;
  }
  if (stored.state === EnvironmentState.deleting || stored.state === state) return;
  await rows.update({ id: stored.id }, { state, version: stored.version + 1, updatedAt: now });
}

/** The cluster is rid of the namespace, or it stays as somebody else's: either way the names are free again. */
export async function removeEnvironment(tx: Tx, id: EnvironmentId, now: Date): Promise<void> {
  await takeTurns(tx, [id]);
  await bury(tx, id, now);
  await tx.getRepository(EnvironmentEntity).delete({ id });
}
