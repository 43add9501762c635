import type { Reader, Tx } from '@slipway/persistence';

import type { Fact } from '../fact/fact.js';
import { FeedEntryEntity } from './feed-entry.entity.js';

/** What an entry is made of. */
export type EntryFact = Omit<Fact, 'app'> & { readonly app: Pick<Fact['app'], 'id' | 'name' | 'ownerId'> };

export function findEntry(reader: Reader, { app, eventId }: EntryFact): Promise<FeedEntryEntity | null> {
  return reader.getRepository(FeedEntryEntity).findOneBy({ userId: app.ownerId, eventId });
}

/** Gives the fact the next id of the owner's feed, which stays locked until the commit. */
export async function appendEntry(tx: Tx, fact: EntryFact): Promise<FeedEntryEntity> {
  const existing = await findEntry(tx, fact);
  if (existing) return existing;
  const { app, eventId, name, time, fields } = fact;
  const [counted] = await tx.manager.query<{ lastId: string }[]>(
    `insert into "feed" ("userId", "lastId") values ($1, 1)
     on conflict ("userId") do update set "lastId" = "feed"."lastId" + 1 returning "lastId"`,
    [app.ownerId],
  );
  if (!counted) throw new Error('the feed gave no id');
  const entry: FeedEntryEntity = {
    userId: app.ownerId,
    id: counted.lastId,
    eventId,
    fact: name,
    appId: app.id,
    appName: app.name,
    time,
    fields,
  };
  await tx.getRepository(FeedEntryEntity).insert(entry);
  return entry;
}
