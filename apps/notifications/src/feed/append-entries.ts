import type { UserId } from '@slipway/contracts';
import type { Reader, Tx } from '@slipway/persistence';

import type { Fact } from '../fact/fact.js';
import { FeedEntryEntity } from './feed-entry.entity.js';

/** What an entry is made of. */
export type EntryFact = Omit<Fact, 'app'> & { readonly app: Pick<Fact['app'], 'id' | 'name' | 'ownerId'> };

export function findEntry(reader: Reader, { app, eventId }: EntryFact): Promise<FeedEntryEntity | null> {
  return reader.getRepository(FeedEntryEntity).findOneBy({ userId: app.ownerId, eventId });
}

/** Gives each fact the next id of its owner's feed, in their order; the feeds stay locked until the commit. Returns the entries in the same order. */
export async function appendEntries(tx: Tx, facts: readonly EntryFact[]): Promise<readonly FeedEntryEntity[]> {
  // An event from longer ago than the inbox remembers has its entry already.
  const entries = new Map((await findEntries(tx, facts)).map((entry) => [entry.eventId, entry]));
  const fresh = facts.filter(({ eventId }) => !entries.has(eventId));
  const nextIds = await takeIds(tx, fresh);
  for (const { app, eventId, name, time, fields } of fresh) {
    const id = nextIds.get(app.ownerId) ?? missing();
    nextIds.set(app.ownerId, id + 1);
    entries.set(eventId, {
      userId: app.ownerId,
      id: String(id),
      eventId,
      fact: name,
      appId: app.id,
      appName: app.name,
      time,
      fields,
    });
  }
  await tx.manager.query(`insert into "feed_entry" select * from json_populate_recordset(null::"feed_entry", $1)`, [
    JSON.stringify(fresh.map(({ eventId }) => entries.get(eventId))),
  ]);
  return facts.map(({ eventId }) => entries.get(eventId) ?? missing());
}

function findEntries(tx: Tx, facts: readonly EntryFact[]): Promise<FeedEntryEntity[]> {
  return tx.manager.query<FeedEntryEntity[]>(
    `select "feed_entry".* from "feed_entry"
       join unnest($1::uuid[], $2::uuid[]) as fact ("userId", "eventId") using ("userId", "eventId")`,
    [facts.map(({ app }) => app.ownerId), facts.map(({ eventId }) => eventId)],
  );
}

/** The first id for each user, of as many as they have facts. */
async function takeIds(tx: Tx, facts: readonly EntryFact[]): Promise<Map<UserId, number>> {
  const counts = new Map<UserId, number>();
  for (const { app } of facts) counts.set(app.ownerId, (counts.get(app.ownerId) ?? 0) + 1);
  // In one order everywhere, so that two replicas do not wait for each other.
  const users = [...counts.keys()].sort();
  const rows = await tx.manager.query<{ userId: UserId; lastId: string }[]>(
    `insert into "feed" ("userId", "lastId") select * from unnest($1::uuid[], $2::bigint[])
     on conflict ("userId") do update set "lastId" = "feed"."lastId" + excluded."lastId" returning "userId", "lastId"`,
    [users, users.map((user) => counts.get(user))],
  );
  return new Map(rows.map(({ userId, lastId }) => [userId, Number(lastId) - (counts.get(userId) ?? 0) + 1]));
}

function missing(): never {
  throw new Error('the feed gave no id');
}
