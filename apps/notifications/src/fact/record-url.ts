import type { Tx } from '@slipway/persistence';

import { AppUrlEntity } from './app-url.entity.js';
import type { Fact } from './fact.js';

/** The App's public address as of this fact, null until it is routable and once it is gone. */
export async function recordUrl(tx: Tx, { app, name, fields }: Fact): Promise<string | null> {
  const urls = tx.getRepository(AppUrlEntity);
  if (name === 'deployments.app.deleted') {
    await urls.delete({ appId: app.id });
    return null;
  }
  if (name !== 'deployments.app.phase-changed') return (await urls.findOneBy({ appId: app.id }))?.url ?? null;
  if (typeof fields.url !== 'string') {
    await urls.delete({ appId: app.id });
    return null;
  }
  await urls.upsert({ appId: app.id, url: fields.url }, ['appId']);
  return fields.url;
}
