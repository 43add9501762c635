import type { Tx } from '@slipway/persistence';

import type { App } from './app.js';

/**
 * Takes the first candidate that is free, and returns it; null when none is. The host of an App that is being deleted goes at once to
 * its owner's next App of that name; to others only when the namespace is gone, since traffic still reaches it until then.
 */
export async function reserveHost(
  tx: Tx,
  app: Pick<App, 'id' | 'name' | 'ownerId'>,
  candidates: readonly string[],
): Promise<string | null> {
  for (const candidate of candidates) {
    const rows = await tx.manager.query<unknown[]>(
      `insert into host (host, app_id) values ($1, $2)
       on conflict (host) do update set app_id = excluded.app_id
         where exists (select 1 from app
                        where app.id = host.app_id and app.phase = 'deleting' and app.owner_id = $3 and app.name = $4)
       returning host`,
      [candidate, app.id, app.ownerId, app.name],
    );
    if (rows.length > 0) return candidate;
  }
  return null;
}
