import { randomUUID } from 'node:crypto';

import {
  type Broker,
  connectBroker,
  EventPublisher,
  fromHeaders,
  type OutgoingMessage,
  provision,
  Stream,
} from '@slipway/messaging';
import { findNatsServer, type RunningNats, startNatsServer } from '@slipway/testing/backends';
import { natsFolderForTest, waitFor } from '@slipway/testing/test-run';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { envelopeOf, partsOf, SERVICE, silent, startDatabase, type TestDatabase } from '../fixture/database.js';
import { noteWritten, writeNote } from '../fixture/operations.js';
import { OutboxRelay } from './outbox-relay.js';
import { refillEvents } from './refill-events.js';

describe('the outbox relay', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let nats: RunningNats;
  let broker: Broker;
  let publisher: EventPublisher;
  let dataDir: string;
  const relays: OutboxRelay[] = [];

  beforeAll(async () => {
    database = await startDatabase();
    dataSource = await database.connect(20);
    dataDir = natsFolderForTest();
    nats = await startNatsServer({ binary: await findNatsServer(), dataDir });
    broker = await connectBroker({ service: 'catalog', natsUrl: nats.url, logger: silent });
    await provision(broker.connection, [writeNote, noteWritten]);
    publisher = new EventPublisher(broker);
  });
  afterAll(async () => {
    await broker.close();
    await nats.stop();
    await database.drop();
  });
  beforeEach(async () => {
    await dataSource.query('delete from outbox');
    await broker.jetstream.jetstreamManager(false).then((manager) => manager.streams.purge(Stream.events));
  });
  afterEach(async () => {
    for (const relay of relays.splice(0)) await relay.onModuleDestroy();
  });

  function startRelay(through: Pick<EventPublisher, 'publish'> = publisher): OutboxRelay {
    const { relay } = partsOf(dataSource, through);
    relays.push(relay);
    relay.onApplicationBootstrap();
    return relay;
  }
  async function commit(...texts: string[]): Promise<void> {
    const { transactions } = partsOf(dataSource, publisher);
    await transactions.run(async (tx) => {
      for (const text of texts) await tx.outbox.add(noteWritten, { text });
    });
  }
  const unsent = async (): Promise<number> =>
    Number(
      (await dataSource.query<{ count: string }[]>('select count(*) from outbox where sent_at is null'))[0]?.count,
    );
  const allSent = (): Promise<boolean> => waitFor(async () => (await unsent()) === 0);

  async function published(): Promise<{ id: string; text: string }[]> {
    const consumer = await broker.jetstream.consumers.get(Stream.events, { filter_subjects: noteWritten.subject });
    const { num_pending: count } = await consumer.info();
    const found: { id: string; text: string }[] = [];
    if (count === 0) return found;
    for await (const message of await consumer.fetch({ max_messages: count })) {
      found.push({ id: fromHeaders(message.headers).messageId, text: message.json<{ text: string }>().text });
    }
    return found;
  }
  const texts = async (): Promise<string[]> => (await published()).map(({ text }) => text);

  it('publishes what is committed, woken by the commit, with the envelope of its cause', async () => {
    const { relay, inbox } = partsOf(dataSource, publisher);
    relays.push(relay);
    relay.onApplicationBootstrap();
    // The first poll of the clock is over, so what leaves within its second was woken.
    await waitFor(async () => (await dataSource.query<unknown[]>('select 1')).length === 1);
    const cause = envelopeOf({ traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01` });
    const startedAt = performance.now();
    await inbox.once(writeNote, cause, async (tx) => {
      await tx.outbox.add(noteWritten, { text: 'woken' });
      return { id: randomUUID(), text: 'woken' };
    });
    await allSent();
    expect(performance.now() - startedAt).toBeLessThan(900);
    const consumer = await broker.jetstream.consumers.get(Stream.events, { filter_subjects: noteWritten.subject });
    const message = await consumer.next();
    const [row] = await dataSource.query<{ id: string }[]>('select id from outbox');
    expect(fromHeaders(message?.headers)).toMatchObject({
      messageId: row?.id,
      operationId: row?.id,
      causationId: cause.messageId,
      occurredAt: expect.any(Number) as number,
      correlationId: cause.correlationId,
      traceparent: cause.traceparent,
    });
  });

  it('publishes nothing of a transaction that is rolled back', async () => {
    const { transactions } = partsOf(dataSource, publisher);
    const undone = transactions.run(async (tx) => {
      await tx.outbox.add(noteWritten, { text: 'undone' });
      throw new Error('a defect');
    });
    await expect(undone).rejects.toThrow('a defect');
    await commit('kept');
    startRelay();
    await allSent();
    expect(await texts()).toEqual(['kept']);
  });

  it('publishes after a start what an earlier process has committed and not published', async () => {
    await commit('left behind');
    startRelay();
    await allSent();
    expect(await texts()).toEqual(['left behind']);
  });

  it('keeps the order of insertion over several batches', async () => {
    const wanted = Array.from({ length: 250 }, (_, index) => String(index));
    for (let start = 0; start < wanted.length; start += 50) await commit(...wanted.slice(start, start + 50));
    startRelay();
    await allSent();
    expect(await texts()).toEqual(wanted);
  });

  it('publishes again under the same id when it dies between the confirmation and the mark, so that it counts once', async () => {
    await commit('confirmed');
    let died = false;
    startRelay({
      publish: async (message) => {
        await publisher.publish(message);
        if (died) return;
        died = true;
        // What a kill does: the transaction ends without the mark.
        await dataSource.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction' and datname = current_database() and usename = current_user`,
        );
      },
    });
    await allSent();
    expect(died).toBe(true);
    expect(await texts()).toEqual(['confirmed']);
  });

  it('shares the work between two relays; each message is handed over by one of them', async () => {
    const wanted = Array.from({ length: 300 }, (_, index) => String(index));
    await commit(...wanted);
    const handed: string[] = [];
    const slowly = {
      publish: async (message: OutgoingMessage): Promise<void> => {
        handed.push(message.id);
        await publisher.publish(message);
      },
    };
    const [first, second] = [startRelay(slowly), startRelay(slowly)];
    first.wake();
    second.wake();
    await allSent();
    expect(new Set(handed).size).toBe(300);
    expect(handed).toHaveLength(300);
    const found = await published();
    expect(new Set(found.map(({ id }) => id)).size).toBe(300);
    expect(found.map(({ text }) => Number(text)).sort((a, b) => a - b)).toEqual(wanted.map(Number));
  });

  it('keeps what is committed while the broker is away, and publishes it when it is back', async () => {
    startRelay();
    const { port } = nats;
    await nats.stop();
    await commit('while away');
    expect(await unsent()).toBe(1);
    nats = await startNatsServer({ binary: await findNatsServer(), dataDir, port });
    await allSent();
    expect(await texts()).toEqual(['while away']);
  });

  it('lets others pass a message that the broker does not take', async () => {
    await commit('refused', 'taken');
    startRelay({
      publish: async (message) => {
        if ('text' in message.payload && message.payload.text === 'refused') throw new Error('no responders');
        await publisher.publish(message);
      },
    });
    await waitFor(async () => (await unsent()) === 1);
    expect(await texts()).toEqual(['taken']);
  });

  it('does not hammer a broker that refuses everything', async () => {
    await commit(...Array.from({ length: 150 }, (_, index) => String(index)));
    let attempts = 0;
    startRelay({
      publish: () => {
        attempts += 1;
        return Promise.reject(new Error('no responders'));
      },
    });
    // Three rounds of one batch each, with 250 and 500 ms in between.
    const startedAt = performance.now();
    await waitFor(() => attempts >= 300);
    expect(performance.now() - startedAt).toBeGreaterThan(600);
    expect(await unsent()).toBe(150);
  });

  it('fills a broker again that has lost its disk, with the same ids, and only since the given moment', async () => {
    startRelay();
    await commit('old', 'lost');
    await allSent();
    const before = await published();
    await dataSource.query(`update outbox set sent_at = now() - interval '1 hour' where payload ->> 'text' = 'old'`);
    const { port } = nats;
    await nats.stop();
    dataDir = natsFolderForTest();
    nats = await startNatsServer({ binary: await findNatsServer(), dataDir, port });
    await waitFor(() => provision(broker.connection, [writeNote, noteWritten]));
    const since = new Date(Date.now() - 60_000);
    expect(await refillEvents(database.databaseUrl, { service: SERVICE, since })).toBe(1);
    await allSent();
    expect(await published()).toEqual(before.filter(({ text }) => text === 'lost'));
  });

  it('publishes what the last handlers have left before it stops', async () => {
    const relay = startRelay();
    await relay.onModuleDestroy();
    await commit('last');
    await relay.beforeApplicationShutdown();
    expect(await texts()).toEqual(['last']);
  });
});
