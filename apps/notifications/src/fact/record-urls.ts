import type { AppId } from '@slipway/contracts';
import type { Tx } from '@slipway/persistence';
import { In } from 'typeorm';

import { AppUrlEntity } from './app-url.entity.js';
import type { Fact } from './fact.js';

/** The Apps' public addresses as of these facts, one for each: null until an App is routable and once it is gone. */
export async function recordUrls(tx: Tx, facts: readonly Fact[]): Promise<readonly (string | null)[]> {
  const urls = tx.getRepository(AppUrlEntity);
  const stored = await urls.findBy({ appId: In([...new Set(facts.map(({ app }) => app.id))]) });
  const urlOf = new Map<AppId, string | null>(stored.map(({ appId, url }) => [appId, url]));
  const changed = new Set<AppId>();
  const told = facts.map((fact) => {
    const { id } = fact.app;
    const url = toldBy(fact);
    if (url !== undefined) {
      urlOf.set(id, url);
      changed.add(id);
    }
    return urlOf.get(id) ?? null;
  });
  const now = [...changed].sort().map((appId) => ({ appId, url: urlOf.get(appId) ?? null }));
  const gone = now.filter(({ url }) => url === null).map(({ appId }) => appId);
  const known = now.flatMap(({ appId, url }) => (url === null ? [] : [{ appId, url }]));
  if (gone.length > 0) await urls.delete({ appId: In(gone) });
  if (known.length > 0) await urls.upsert(known, ['appId']);
  return told;
}

/** Undefined when it says nothing of the address. */
function toldBy({ name, fields }: Fact): string | null | undefined {
  if (name === 'deployments.app.deleted') return null;
  if (name !== 'deployments.app.phase-changed') return undefined;
  return typeof fields.url === 'string' ? fields.url : null;
}
