import type { AppFacts, AppId } from '@slipway/contracts';
import { takeTurns, type Tx } from '@slipway/persistence';

import { bury, isBuried } from '../projection/tombstones.js';
import { AppAudienceEntity } from './app-audience.entity.js';

/** Takes in who sees an App as of an event; what is older than the stored version changes nothing. */
export async function recordAudience(tx: Tx, app: AppFacts): Promise<void> {
  await takeTurns(tx, [app.id]);
  if (await isBuried(tx, app.id)) return;
  const rows = tx.getRepository(AppAudienceEntity);
  const stored = await rows.findOneBy({ appId: app.id });
  if (stored && stored.version >= app.version) return;
  await rows.save({
    appId: app.id,
    environmentId: app.environment.id,
    name: app.name,
    ownerId: app.ownerId,
    teamIds: app.teams.map(({ id }) => id),
    version: app.version,
  });
}

export async function forgetAudience(tx: Tx, appId: AppId, now: Date): Promise<void> {
  await takeTurns(tx, [appId]);
  await bury(tx, appId, now);
  await tx.getRepository(AppAudienceEntity).delete({ appId });
}
