import { randomUUID } from 'node:crypto';

import type { Envelope } from '@slipway/contracts';
import { Transient } from '@slipway/messaging';
import { waitFor } from '@slipway/testing/test-run';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { envelopeOf, NoteEntity, partsOf, startDatabase, type TestDatabase } from '../fixture/database.js';
import { noteWritten } from '../fixture/operations.js';
import type { Tx } from '../transaction/transactions.js';
import type { Inbox } from './inbox.js';

describe('together', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let inbox: Inbox;
  /** What each transaction was given. */
  let batches: string[][];
  let take: (text: string, envelope?: Envelope) => Promise<unknown>;

  beforeAll(async () => {
    database = await startDatabase();
    dataSource = await database.connect(10);
    ({ inbox } = partsOf(dataSource, { publish: () => Promise.resolve() }));
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    await dataSource.query('delete from note');
    batches = [];
    const together = inbox.together<string>(async (tx, texts) => {
      batches.push([...texts]);
      await write(tx, texts);
    });
    take = (text, envelope = envelopeOf()) => together(noteWritten, envelope, text);
  });

  async function write(tx: Tx, texts: readonly string[]): Promise<void> {
    await tx.getRepository(NoteEntity).insert(texts.map((text) => ({ id: randomUUID(), text })));
    // PostgreSQL itself refuses: what came before in the transaction is lost with it.
    if (texts.includes('bad')) await tx.manager.query('select 1 / 0');
  }
  const notes = async (): Promise<string[]> =>
    (await dataSource.getRepository(NoteEntity).find()).map(({ text }) => text).sort();

  it('does in one transaction, in their order, the events that come while another is at work', async () => {
    await Promise.all(['a', 'b', 'c', 'd'].map((text) => take(text)));
    expect(batches).toEqual([['a'], ['b', 'c', 'd']]);
    expect(await notes()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('does each event alone when one of them cannot be done, and rejects that one', async () => {
    const outcomes = await Promise.allSettled(['a', 'b', 'bad', 'c'].map((text) => take(text)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(batches).toEqual([['a'], ['b', 'bad', 'c'], ['b'], ['bad'], ['c']]);
    expect(await notes()).toEqual(['a', 'b', 'c']);
  });

  it('has one effect of an event that comes again: later, in the same batch, or beside another replica', async () => {
    const envelope = envelopeOf();
    await take('first', envelope);
    await Promise.all([take('x'), take('first', envelope), take('y')]);
    const twice = envelopeOf();
    await Promise.all([take('x'), take('twice', twice), take('twice', twice)]);
    const both = Array.from({ length: 20 }, () => envelopeOf());
    const other = inbox.together<string>(write);
    await Promise.all([
      ...both.map((one) => take('both', one)),
      ...both.toReversed().map((one) =>
        other(noteWritten, { ...one }, 'both').catch((error: unknown) => {
          // The broker brings it again.
          if (!(error instanceof Transient)) throw error;
        }),
      ),
    ]);
    expect(await notes()).toEqual([...both.map(() => 'both'), 'first', 'twice', 'x', 'x', 'y']);
  });

  it('returns what the work made of an event, and nothing for one that was done before, also when the batch failed', async () => {
    const together = inbox.together<string, string>(async (tx, texts) => {
      await write(tx, texts);
      return texts.map((text) => `made of ${text}`);
    });
    const before = envelopeOf();
    await take('before', before);
    const all = ['a', 'b', 'before', 'c'].map((text) =>
      together(noteWritten, text === 'before' ? { ...before } : envelopeOf(), text),
    );
    expect(await Promise.all(all)).toEqual(['made of a', 'made of b', undefined, 'made of c']);
    const failing = ['d', 'before', 'bad', 'e'].map((text) =>
      together(noteWritten, text === 'before' ? { ...before } : envelopeOf(), text),
    );
    expect(await Promise.allSettled(failing)).toMatchObject([
      { value: 'made of d' },
      { status: 'fulfilled', value: undefined },
      { status: 'rejected' },
      { value: 'made of e' },
    ]);
  });

  it('hands out no result of a transaction whose commit fails', async () => {
    const together = inbox.together<string, string>(async (tx, texts) => {
      await write(tx, texts);
      // Judged at the commit.
      if (texts.includes('unfit'))
        await tx.manager.query(
          `create temporary table number (value integer unique deferrable initially deferred) on commit drop;
           insert into number values (1), (1)`,
        );
      return texts.map((text) => `${text} of ${texts.length}`);
    });
    const all = ['a', 'b', 'unfit', 'c'].map((text) => together(noteWritten, envelopeOf(), text));
    expect(await Promise.allSettled(all)).toMatchObject([
      { value: 'a of 1' },
      { value: 'b of 1' },
      { status: 'rejected' },
      { value: 'c of 1' },
    ]);
    expect(await notes()).toEqual(['a', 'b', 'c']);
  });

  it('asks for another try of every event of a transaction that the database ended, and does none of them alone', async () => {
    const held = await dataSource.getRepository(NoteEntity).save({ id: randomUUID(), text: 'held' });
    const holder = dataSource.createQueryRunner();
    await holder.startTransaction();
    await holder.query('select from note where id = $1 for update', [held.id]);
    const together = inbox.together<string>(async (tx, texts) => {
      batches.push([...texts]);
      if (texts.includes('waits')) await tx.manager.query('select from note where id = $1 for update', [held.id]);
    });
    const all = ['first', 'waits', 'last'].map((text) => together(noteWritten, envelopeOf(), text));
    const outcomes = Promise.allSettled(all);
    await waitFor(async () => {
      const [row] = await dataSource.query<{ ended: number }[]>(
        `select count(pg_terminate_backend(pid))::int as ended from pg_stat_activity
          where wait_event_type = 'Lock' and datname = current_database()`,
      );
      return row?.ended === 1;
    });
    expect(await outcomes).toMatchObject([{ status: 'fulfilled' }, ...Array(2).fill({ status: 'rejected' })]);
    for (const one of all.slice(1)) await expect(one).rejects.toBeInstanceOf(Transient);
    expect(batches).toEqual([['first'], ['waits', 'last']]);
    await holder.rollbackTransaction();
    await holder.release();
  });
});
