import { randomUUID } from 'node:crypto';

import {
  type Actor,
  type AppFacts,
  appCreated,
  appDeleted,
  appDeleting,
  appPhaseChanged,
  appScaled,
  appUpdated,
  countReaders,
  createSubscription,
  type FeedEvent,
  type FeedPage,
  type FeedReaders,
  listDeliveries,
  listFeed,
  testFeed,
  WEBHOOK_TYPES,
} from '@slipway/contracts';
import { feedSubject, readersSubject } from '@slipway/messaging';
import { assertNoDrift, Pruning } from '@slipway/persistence';
import { actor, type Harness, waitFor } from '@slipway/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { appOf, phase } from '../fixture/facts.js';
import { startNotifications } from '../fixture/notifications.js';
import { FeedEntryEntity } from './feed-entry.entity.js';

describe('the feed of a user', () => {
  let harness: Harness;
  let kim: Actor;
  let app: AppFacts;

  beforeAll(async () => {
    harness = await startNotifications();
  });
  afterAll(() => harness.close());
  beforeEach(() => {
    kim = actor();
    app = appOf(kim.userId);
  });

  const list = (afterId?: string, limit = 500, who = kim): Promise<FeedPage> =>
    harness.query(listFeed, { limit, ...(afterId !== undefined && { afterId }) }, { actor: who });
  const all = async (): Promise<FeedEvent[]> => {
    const rows = await harness.dataSource.query<{ id: string }[]>(
      `select id from feed_entry where "userId" = $1 order by id limit 1`,
      [kim.userId],
    );
    const before = Number(rows[0]?.id ?? 1) - 1;
    const page = before === 0 ? await list('1') : await list(String(before));
    return page.events;
  };
  const scale = (count: number) => harness.message(appScaled, { app, actor: null, old: count, new: count + 1 });

  it('has tables as the entities say', () => assertNoDrift(harness.dataSource));

  it('has every fact about an App of the user, in order, with its own fields', async () => {
    await harness.publish(appCreated, { app, actor: null, revision: 1, replicas: 2 });
    await harness.publish(appPhaseChanged, phase(app, 'pending', 'deploying'));
    await harness.publish(appPhaseChanged, phase(app, 'deploying', 'running', { url: 'https://shop.example.com' }));
    await harness.publish(appUpdated, { app, actor: null, changes: ['image'], revision: 2 });
    await harness.publish(appScaled, { app, actor: null, old: 2, new: 5 });
    await harness.publish(appDeleting, { app, actor: null });
    await harness.publish(appDeleted, { app });
    const page = await list('1');
    expect(page).toMatchObject({ gap: false, newestId: '7' });
    expect(page.events.map(({ id, previousId, fact }) => [id, previousId, fact])).toEqual([
      ['2', '1', 'deployments.app.phase-changed'],
      ['3', '2', 'deployments.app.phase-changed'],
      ['4', '3', 'deployments.app.updated'],
      ['5', '4', 'deployments.app.scaled'],
      ['6', '5', 'deployments.app.deleting'],
      ['7', '6', 'deployments.app.deleted'],
    ]);
    expect(page.events[1]).toMatchObject({
      appId: app.id,
      appName: 'shop',
      fields: { from: 'deploying', to: 'running', reason: '', message: '', url: 'https://shop.example.com' },
    });
    expect(page.events[3]?.fields).toEqual({ old: 2, new: 5 });
  });

  it('takes a test in that its owner asked for, once, also with a credential that only reads, and tells no webhook', async () => {
    const input = { name: 'all', url: 'http://127.0.0.1:9/', types: [...WEBHOOK_TYPES] };
    const { subscription } = await harness.execute(createSubscription, input, { actor: kim });
    const reader = { ...kim, credential: { ...kim.credential, scope: 'read' as const } };
    const command = harness.message(testFeed, { fact: 'failed', appId: app.id }, { actor: reader });
    const shown: string[] = [];
    await harness.listen(feedSubject(kim.userId), (payload) => shown.push((payload as FeedEvent).id));
    await harness.deliver(command);
    await harness.deliver(command);
    await harness.execute(testFeed, { fact: 'created' }, { actor: kim });
    // Again on the second delivery, as a fact is: after the first the process may have ended before it could show.
    await waitFor(() => shown.length === 3);
    expect(shown).toEqual(['1', '1', '2']);
    const events = await all();
    expect(await list()).toMatchObject({ newestId: '2' });
    expect(events.map(({ fact, appName, fields }) => [fact, appName, fields])).toEqual([
      ['deployments.app.created', 'test', { test: true }],
    ]);
    const [row] = await harness.rows(FeedEntryEntity, { userId: kim.userId, id: '1' });
    expect(row).toMatchObject({ appId: app.id, fact: 'deployments.app.phase-changed' });
    expect(row?.fields).toMatchObject({ to: 'failed', test: true });
    const page = { subscriptionId: subscription.id, page: 1, limit: 10 };
    expect(await harness.query(listDeliveries, page, { actor: kim })).toEqual({ deliveries: [], total: 0 });
  });

  it('is nothing but the newest id for who names none', async () => {
    expect(await list()).toEqual({ events: [], gap: false, newestId: null });
    await harness.deliver(scale(1));
    expect(await list()).toEqual({ events: [], gap: false, newestId: '1' });
  });

  it('is replayed page by page', async () => {
    for (let count = 1; count <= 5; count += 1) await harness.deliver(scale(count));
    expect((await list('1', 2)).events.map(({ id }) => id)).toEqual(['2', '3']);
    expect((await list('3', 2)).events.map(({ id }) => id)).toEqual(['4', '5']);
    expect(await list('5', 2)).toEqual({ events: [], gap: false, newestId: '5' });
  });

  it('says that something is missing after an id that it never had', async () => {
    await harness.deliver(scale(1));
    for (const id of ['2', '99999999999999999999', '00', '01', 'x', '1.0']) {
      expect(await list(id)).toEqual({ events: [], gap: true, newestId: '1' });
    }
  });

  it('P5 is told in whole to who knows that there was nothing', async () => {
    expect(await list('0')).toEqual({ events: [], gap: false, newestId: null });
    await harness.deliver(scale(1));
    await harness.deliver(scale(2));
    expect(await list('0')).toMatchObject({ gap: false, newestId: '2', events: [{ id: '1' }, { id: '2' }] });
  });

  it('P5 says that something is missing once entries have gone with age, and counts on', async () => {
    for (let count = 1; count <= 3; count += 1) await harness.deliver(scale(count));
    const age = (ids: number[]) =>
      harness.dataSource.query(
        `update feed_entry set "time" = now() - interval '8 days' where "userId" = $1 and id = any($2)`,
        [kim.userId, ids],
      );
    await age([1, 2]);
    const pruning = harness.service.app.get(Pruning, { strict: false });
    await pruning.prune();
    expect(await list('1')).toMatchObject({ gap: true, events: [{ id: '3' }] });
    expect(await list('2')).toMatchObject({ gap: false, events: [{ id: '3' }] });
    await age([3]);
    await pruning.prune();
    expect(await list('2')).toEqual({ events: [], gap: true, newestId: '3' });
    expect(await list('3')).toEqual({ events: [], gap: false, newestId: '3' });
    await harness.deliver(scale(4));
    expect(await list('3')).toMatchObject({ gap: false, events: [{ id: '4', previousId: '3' }] });
  });

  it('takes an event in once, however often it is delivered', async () => {
    const event = scale(1);
    await harness.deliver(event);
    await harness.deliver(event);
    await Promise.all([harness.deliver(event), harness.deliver(event)]);
    // As long after as the inbox remembers nothing.
    await harness.dataSource.query(`delete from inbox where operation_id = $1`, [event.envelope.operationId]);
    await harness.deliver(event);
    expect(await list()).toMatchObject({ newestId: '1' });
  });

  it('keeps facts that come at once in the order in which they came', async () => {
    await Promise.all(Array.from({ length: 50 }, (_, index) => harness.deliver(scale(index + 1))));
    const events = await all();
    expect(events.map(({ fields }) => fields.old)).toEqual(Array.from({ length: 49 }, (_, index) => index + 2));
  });

  it('numbers facts of many users that come at once for each of them, some of them twice', async () => {
    const others = [actor(), actor()].map(({ userId }) => appOf(userId));
    const known = scale(0);
    await harness.deliver(known);
    // The inbox has forgotten it, the feed has not.
    await harness.dataSource.query(`delete from inbox where operation_id = $1`, [known.envelope.operationId]);
    const messages = [1, 2, 3, 4].flatMap((old) =>
      [app, ...others].map((of) => harness.message(appScaled, { app: of, actor: null, old, new: 9 })),
    );
    await Promise.all([...messages, known, ...messages.slice(0, 3)].map((message) => harness.deliver(message)));
    const stored = await harness.dataSource.query<{ userId: string; ids: string[]; olds: number[] }[]>(
      `select "userId", array_agg("id" order by "id") as ids, array_agg(("fields" ->> 'old')::int order by "id") as olds
         from feed_entry where "userId" = any($1) group by 1`,
      [[app, ...others].map(({ ownerId }) => ownerId)],
    );
    const of = new Map(stored.map(({ userId, ...entries }) => [userId, entries]));
    expect(of.get(app.ownerId)).toEqual({ ids: ['1', '2', '3', '4', '5'], olds: [0, 1, 2, 3, 4] });
    for (const { ownerId } of others)
      expect(of.get(ownerId)).toEqual({ ids: ['1', '2', '3', '4'], olds: [1, 2, 3, 4] });
  });

  it('P5 never shows an id before the one below it, also with writers in two processes', async () => {
    // The second writer is played in SQL: it holds the next id of the feed and has not committed yet.
    await harness.deliver(scale(1));
    const runner = harness.dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query(`update feed set "lastId" = "lastId" + 1 where "userId" = $1`, [kim.userId]);
    await runner.query(`insert into feed_entry values ($1, 2, $2, 'deployments.app.scaled', $3, 'shop', now(), '{}')`, [
      kim.userId,
      randomUUID(),
      app.id,
    ]);
    const third = harness.deliver(scale(3));
    await waitFor(async () => {
      const waiting = await harness.dataSource.query<unknown[]>(
        `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%insert into "feed"%'`,
      );
      return waiting.length > 0;
    });
    expect(await list('1')).toEqual({ events: [], gap: false, newestId: '1' });
    await runner.commitTransaction();
    await runner.release();
    await third;
    expect((await list('1')).events.map(({ id }) => id)).toEqual(['2', '3']);
  });

  it('is shown live after the commit, each entry with the one before it, and again on a second delivery', async () => {
    const seen: FeedEvent[] = [];
    await harness.listen(feedSubject(kim.userId), (payload) => seen.push(payload as FeedEvent));
    const first = scale(1);
    await harness.deliver(first);
    await harness.deliver(scale(2));
    await harness.deliver(first);
    await waitFor(() => seen.length === 3);
    expect(seen.map(({ id, previousId }) => [id, previousId])).toEqual([
      ['1', null],
      ['2', '1'],
      ['1', null],
    ]);
    expect(seen[1]).toEqual((await list('1')).events[0]);
  });

  it('knows its readers over all gateways, each user once, and not those of a gateway that has stopped', async () => {
    const tell = (gateway: string, told: FeedReaders) => harness.emit(readersSubject(gateway), told);
    const counted = (users: number, connections: number) =>
      waitFor(async () => {
        expect(await harness.query(countReaders, {}, { actor: kim })).toEqual({ users, connections });
        return true;
      });
    await tell('one', { connections: 3, users: ['kim', 'lee'] });
    await tell('two', { connections: 2, users: ['lee'] });
    await counted(2, 5);
    await tell('one', { connections: 0, users: [] });
    await counted(1, 2);
    const anonymous = harness.query(countReaders, {}, { actor: undefined });
    await expect(anonymous).rejects.toMatchObject({ problem: { kind: 'unauthenticated' } });
  });

  it('P4 is nobody else’s, an administrator’s neither', async () => {
    await harness.deliver(scale(1));
    await harness.deliver(scale(2));
    for (const stranger of [actor(), actor({ admin: true })]) {
      expect(await list(undefined, 500, stranger)).toEqual({ events: [], gap: false, newestId: null });
      expect((await list('1', 500, stranger)).events).toEqual([]);
    }
    const anonymous = harness.query(listFeed, { limit: 1 }, { actor: undefined });
    await expect(anonymous).rejects.toMatchObject({ problem: { kind: 'unauthenticated' } });
  });
});
