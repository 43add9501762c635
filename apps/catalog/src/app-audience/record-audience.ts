import type { AppFacts, AppId } from '@slipway/contracts';
import { takeTurns, type Tx } from '@slipway/persistence';
import { In } from 'typeorm';

import { bury, BURIED } from '../projection/tombstones.js';
import { AppAudienceEntity } from './app-audience.entity.js';

/** Takes in who sees an App as of an event, in the App's turn; what is older than the stored version changes nothing. */
export async function recordAudience(tx: Tx, app: AppFacts): Promise<void> {
  await tx.manager.query(
    `insert into app_audience (app_id, environment_id, name, owner_id, team_ids, version)
     select $1::uuid, $2::uuid, $3::text, $4::uuid, $5::uuid[], $6::integer where not exists (${BURIED})
     on conflict (app_id) do update set environment_id = excluded.environment_id, name = excluded.name,
       owner_id = excluded.owner_id, team_ids = excluded.team_ids, version = excluded.version
       where app_audience.version < excluded.version`,
    [app.id, app.environment.id, app.name, app.ownerId, app.teams.map(({ id }) => id), app.version],
  );
}

export async function forgetAudiences(tx: Tx, given: readonly AppId[]): Promise<void> {
  const ids = [...new Set(given)];
  await takeTurns(tx, ids);
  await bury(tx, ids, new Date());
  await tx.getRepository(AppAudienceEntity).delete({ appId: In(ids) });
}
