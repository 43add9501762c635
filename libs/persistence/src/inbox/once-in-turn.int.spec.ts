import { randomUUID } from 'node:crypto';

import { waitFor } from '@slipway/testing/test-run';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { DEFAULT_POOL_SIZE } from '../database/database-options.js';
import { envelopeOf, NoteEntity, partsOf, startDatabase, type TestDatabase } from '../fixture/database.js';
import { writeNote, type NoteView } from '../fixture/operations.js';
import type { Tx } from '../transaction/transactions.js';
import type { Inbox } from './inbox.js';

describe('onceInTurn', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let observer: DataSource;
  let inbox: Inbox;

  beforeAll(async () => {
    database = await startDatabase();
    dataSource = await database.connect();
    observer = await database.connect();
    ({ inbox } = partsOf(dataSource, { publish: () => Promise.resolve() }));
  });
  afterAll(() => database.drop());

  const newNote = async (): Promise<string> => {
    const id = randomUUID();
    await observer.getRepository(NoteEntity).insert({ id, text: '' });
    return id;
  };
  const append =
    (id: string, mark = 'x') =>
    async (tx: Tx): Promise<NoteView> => {
      const notes = tx.getRepository(NoteEntity);
      const { text } = await notes.findOneOrFail({ where: { id }, lock: { mode: 'pessimistic_write' } });
      return notes.save({ id, text: text + mark });
    };
  /** Locks the row as another replica would. */
  const hold = async (id: string): Promise<() => Promise<void>> => {
    const holder = observer.createQueryRunner();
    await holder.startTransaction();
    await holder.query('select 1 from note where id = $1 for update', [id]);
    return async () => {
      await holder.commitTransaction();
      await holder.release();
    };
  };
  const waiting = async (): Promise<number> => {
    const rows = await observer.query<unknown[]>(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rows.length;
  };

  it('leaves the pool to others while fifty want one row', async () => {
    const [wanted, other] = [await newNote(), await newNote()];
    const letGo = await hold(wanted);
    const fifty = Array.from({ length: 10 * DEFAULT_POOL_SIZE }, () =>
      inbox.onceInTurn(`note ${wanted}`, writeNote, envelopeOf(), append(wanted)),
    );
    await waitFor(async () => (await waiting()) > 0);
    expect(await inbox.onceInTurn(`note ${other}`, writeNote, envelopeOf(), append(other))).toMatchObject({
      text: 'x',
    });
    expect(await waiting()).toBe(1);
    await letGo();
    await Promise.all(fifty);
    expect(await observer.getRepository(NoteEntity).findOneBy({ id: wanted })).toMatchObject({ text: 'x'.repeat(50) });
  });

  it('does them in the order in which they came', async () => {
    const id = await newNote();
    const marks = [...'abcdefgh'];
    await Promise.all(marks.map((mark) => inbox.onceInTurn('ordered', writeNote, envelopeOf(), append(id, mark))));
    expect(await observer.getRepository(NoteEntity).findOneBy({ id })).toMatchObject({ text: 'abcdefgh' });
  });

  it('refuses one whose deadline passes while it waits, and has nothing to do with the database for it', async () => {
    const id = await newNote();
    const letGo = await hold(id);
    const first = inbox.onceInTurn('late', writeNote, envelopeOf(), append(id));
    const deadline = Date.now() + 100;
    const late = envelopeOf({ deadline });
    const second = inbox.onceInTurn('late', writeNote, late, append(id));
    await waitFor(() => Date.now() > deadline);
    await letGo();
    await first;
    await expect(second).rejects.toMatchObject({ problem: { kind: 'unavailable', code: 'timeout' } });
    expect(await observer.query('select 1 from inbox where operation_id = $1', [late.operationId])).toEqual([]);
    expect(await observer.getRepository(NoteEntity).findOneBy({ id })).toMatchObject({ text: 'x' });
  });

  it('gives requests under one key the one answer, however long the work takes', async () => {
    const id = await newNote();
    const operationId = randomUUID();
    const answers = await Promise.all(
      [1, 2, 3].map(() =>
        inbox.onceInTurn(`note ${id}`, writeNote, envelopeOf({ operationId }), async (tx) => {
          await tx.manager.query('select pg_sleep(0.2)');
          return append(id)(tx);
        }),
      ),
    );
    expect(answers).toEqual(answers.map(() => ({ id, text: 'x' })));
  });
});
