import type { AppFacts } from '@slipway/contracts';
import { takeTurns, type Tx } from '@slipway/persistence';
import { In } from 'typeorm';

import { bury } from '../projection/tombstones.js';
import { AppAudienceEntity } from './app-audience.entity.js';

/** An App as of an event, and whether the event was its end. */
export interface AppFact {
  readonly app: AppFacts;
  readonly gone: boolean;
}

/** Takes in who sees Apps as of events; what is older than the stored version changes nothing, and neither does what comes after the end. */
export async function recordAudiences(tx: Tx, facts: readonly AppFact[], now: Date): Promise<void> {
  await takeTurns(
    tx,
    facts.map(({ app }) => app.id),
  );
  const gone = [...new Set(facts.filter((fact) => fact.gone).map(({ app }) => app.id))];
  if (gone.length > 0) {
    await bury(tx, gone, now);
    await tx.getRepository(AppAudienceEntity).delete({ appId: In(gone) });
  }
  const newest = new Map<string, AppFacts>();
  for (const { app } of facts) if (app.version > (newest.get(app.id)?.version ?? -1)) newest.set(app.id, app);
  const rows = [...newest.values()].map((app) => ({
    app_id: app.id,
    environment_id: app.environment.id,
    namespace: app.environment.namespace,
    name: app.name,
    owner_id: app.ownerId,
    team_ids: app.teams.map(({ id }) => id),
    version: app.version,
  }));
  await tx.manager.query(
    `insert into app_audience
     select audience.* from json_populate_recordset(null::app_audience, $1) as audience
      where not exists (select from tombstone where tombstone.id = audience.app_id)
     on conflict (app_id) do update
       set environment_id = excluded.environment_id, namespace = excluded.namespace, name = excluded.name,
           owner_id = excluded.owner_id, team_ids = excluded.team_ids, version = excluded.version
       where app_audience.version < excluded.version`,
    [JSON.stringify(rows)],
  );
}
