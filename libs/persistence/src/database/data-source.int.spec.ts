import { randomUUID } from 'node:crypto';

import type { DataSource, EntityManager } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { NoteEntity, SERVICE, startDatabase, type TestDatabase } from '../fixture/database.js';
import { createDataSource } from './data-source.js';
import { isPassingFault } from './database-errors.js';
import { entityColumns } from './entity-columns.js';

describe('a data source', () => {
  let database: TestDatabase;
  let source: DataSource;

  beforeAll(async () => {
    database = await startDatabase();
    source = await database.connect(1);
  });
  afterAll(() => database.drop());

  const prepared = async (part: string): Promise<number> =>
    (
      await source.query<{ statement: string }[]>(
        `select statement from pg_prepared_statements where statement like '%' || $1 || '%'`,
        [part],
      )
    ).filter(({ statement }) => !statement.includes('pg_prepared_statements')).length;

  it('prepares a statement with parameters once, and none without', async () => {
    for (const value of [1, 2, 3]) {
      expect(await source.query('select $1::int as "once"', [value])).toEqual([{ once: value }]);
    }
    await source.query('select 1 as "never"');
    expect([await prepared('"once"'), await prepared('"never"')]).toEqual([1, 0]);
  });

  it('asks again after a statement that failed, that could not be planned, and whose values could not be sent', async () => {
    const failing = () => source.query('select 1 / $1::int as "quotient"', [0]);
    await expect(failing()).rejects.toThrow('division by zero');
    await expect(failing()).rejects.toThrow('division by zero');
    expect(await source.query('select 1 / $1::int as "quotient"', [1])).toEqual([{ quotient: 1 }]);
    const late = () => source.query('select $1::int as n from (select * from pg_temp.late) rows', [1]);
    await expect(late()).rejects.toThrow('does not exist');
    await source.query('create temporary table late as select 1');
    expect(await late()).toEqual([{ n: 1 }]);
    const unsendable = {
      toPostgres: () => {
        throw new Error('no value');
      },
    };
    await expect(source.query('select $1::text as "sent"', [unsendable])).rejects.toThrow('no value');
    expect(await source.query('select $1::text as "sent"', ['a'])).toEqual([{ sent: 'a' }]);
  });

  it('prepares anew what a migration has changed, after one failure that will pass', async () => {
    const all = () => source.query('select * from note where $1', [false]);
    const owner = createDataSource({ service: SERVICE, databaseUrl: database.ownerUrl });
    await owner.initialize();
    try {
      await all();
      await owner.query('alter table note add column more text');
      const error: unknown = await all().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Error);
      expect(isPassingFault(error)).toBe(true);
      expect(await all()).toEqual([]);
    } finally {
      await owner.query('alter table note drop column more');
      await owner.destroy();
    }
  });

  it.each<[string, (manager: EntityManager) => Promise<unknown>]>([
    ['a repository', (manager) => manager.getRepository(NoteEntity).find()],
    ['a builder', (manager) => manager.createQueryBuilder(NoteEntity, 'note').getMany()],
    ['a statement', (manager) => manager.query('select 1')],
    ['nothing more', () => Promise.resolve()],
  ])('tells that a transaction may be done again whose connection broke before %s', async (_, next) => {
    const owner = await database.connect(1);
    try {
      const work = source.transaction(async (manager) => {
        const [{ pid } = { pid: 0 }] = await manager.query<{ pid: number }[]>('select pg_backend_pid() as pid');
        await owner.query('select pg_terminate_backend($1)', [pid]);
        await vi.waitFor(() => expect(manager.queryRunner?.isReleased).toBe(true));
        await next(manager);
      });
      const error: unknown = await work.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Error);
      expect(isPassingFault(error), String(error)).toBe(true);
    } finally {
      await owner.destroy();
    }
  });

  it('lets no connection grow without end when texts differ each time', async () => {
    for (let index = 0; index < 600; index += 1) await source.query(`select $1::int as "column${index}"`, [index]);
    expect(await prepared('"column')).toBeLessThanOrEqual(500);
    expect(await source.query('select $1::int as "column599"', [7])).toEqual([{ column599: 7 }]);
  });

  it('reads entities from a statement of its own, each under its alias', async () => {
    const notes = source.getRepository(NoteEntity);
    const [a, b] = [
      { id: randomUUID(), text: 'a' },
      { id: randomUUID(), text: 'b' },
    ];
    await notes.insert([a, b]);
    const columns = entityColumns(source, { first: NoteEntity, second: NoteEntity });
    const rows = await source.query<Record<string, unknown>[]>(
      `select ${columns.sql} from note first join note second on second.text > first.text where first.id = $1`,
      [a.id],
    );
    expect(rows.map((row) => columns.read(row))).toEqual([{ first: a, second: b }]);
    expect(columns.read(rows[0] ?? {}).first).toBeInstanceOf(NoteEntity);
  });
});
