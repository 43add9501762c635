import { createDatabase } from '@slipway/testing/test-run';
import { Client } from 'pg';
import { Column, Entity, PrimaryColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createDataSource } from '../database/data-source.js';
import { migrations, NoteEntity } from '../fixture/database.js';
import { assertNoDrift } from './find-drift.js';
import { migrate } from './migrate.js';
import { prepareDatabase } from './prepare-database.js';

describe('prepareDatabase and migrate', () => {
  let ownerUrl: string;
  let drop: () => Promise<void>;
  const suffix = Math.random().toString(36).slice(2, 8);
  const [role, other] = [`catalog-${suffix}`, `helm-releases-${suffix}`];
  const services = [
    { service: 'catalog', password: "it's", role },
    { service: 'helm-releases', password: 'two', role: other },
  ];

  beforeEach(async () => {
    ({ ownerUrl, drop } = await createDatabase());
  });
  afterEach(() => drop());

  const urlOf = (user: string, password: string): string => {
    const url = new URL(ownerUrl);
    url.username = user;
    url.password = password;
    return url.href;
  };
  const ask = async (url: string, ...statements: string[]): Promise<Record<string, unknown>[]> => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      let rows: Record<string, unknown>[] = [];
      for (const statement of statements) ({ rows } = await client.query<Record<string, unknown>>(statement));
      return rows;
    } finally {
      await client.end();
    }
  };

  it('gives each service a role that reads and writes its own rows and may do nothing else', async () => {
    await prepareDatabase(ownerUrl, services);
    await migrate(ownerUrl, { service: 'catalog', migrations });
    await migrate(ownerUrl, { service: 'helm-releases', migrations });
    const own = urlOf(role, "it's");
    await ask(own, `insert into catalog.note values (gen_random_uuid(), 'a')`, `delete from catalog.note`);
    await expect(ask(own, 'select * from helm_releases.note')).rejects.toThrow(
      'permission denied for schema helm_releases',
    );
    await expect(ask(own, 'create table catalog.mine (id int)')).rejects.toThrow('permission denied');
    await expect(ask(own, 'create table public.mine (id int)')).rejects.toThrow('permission denied');
    await expect(ask(own, 'drop table catalog.note')).rejects.toThrow('must be owner');
  });

  it('limits the statements and idle transactions of a role', async () => {
    await prepareDatabase(ownerUrl, services);
    const own = urlOf(role, "it's");
    expect(await ask(own, 'show statement_timeout')).toEqual([{ statement_timeout: '10s' }]);
    expect(await ask(own, 'show idle_in_transaction_session_timeout')).toEqual([
      { idle_in_transaction_session_timeout: '5s' },
    ]);
  });

  it('is safe to repeat and to run twice at once, and brings a new password', async () => {
    await Promise.all(Array.from({ length: 6 }, () => prepareDatabase(ownerUrl, services)));
    const runs = await Promise.all([1, 2, 3].map(() => migrate(ownerUrl, { service: 'catalog', migrations })));
    expect(runs.flat()).toEqual(['InboxAndOutbox1700000000000', 'Notes1700000000001']);
    await prepareDatabase(ownerUrl, [{ service: 'catalog', password: 'new', role }]);
    await expect(ask(urlOf(role, "it's"), 'select 1')).rejects.toThrow('password authentication failed');
    await ask(urlOf(role, 'new'), 'select 1');
  });

  it('runs a new migration of a service that has run others', async () => {
    await prepareDatabase(ownerUrl, services);
    await migrate(ownerUrl, { service: 'catalog', migrations: migrations.slice(0, 1) });
    expect(await migrate(ownerUrl, { service: 'catalog', migrations })).toEqual(['Notes1700000000001']);
    expect(await ask(urlOf(role, "it's"), 'select count(*) from catalog.note')).toEqual([{ count: '0' }]);
  });

  it('undoes a migration that fails, keeps those before it, and runs it when it is mended', async () => {
    class Broken1700000000002 implements MigrationInterface {
      async up(runner: QueryRunner): Promise<void> {
        await runner.query('create table half (id int)');
        await runner.query('create nonsense');
      }
      down = (): Promise<void> => Promise.resolve();
    }
    await prepareDatabase(ownerUrl, services);
    const withBroken = { service: 'catalog', migrations: [...migrations, Broken1700000000002] };
    await expect(migrate(ownerUrl, withBroken)).rejects.toThrow('syntax error');
    expect(
      await ask(ownerUrl, `select to_regclass('catalog.half') as half, to_regclass('catalog.note')::text as note`),
    ).toEqual([{ half: null, note: 'catalog.note' }]);
  });

  it('finds that an entity has a column which no migration makes, and nothing when they agree', async () => {
    @Entity('note')
    class NewerNote {
      @PrimaryColumn('uuid') id: string;
      @Column('text') text: string;
      @Column('text', { nullable: true }) colour: string | null;
    }
    await prepareDatabase(ownerUrl, services);
    await migrate(ownerUrl, { service: 'catalog', migrations });
    for (const [entity, expected] of [
      [NoteEntity, undefined],
      [NewerNote, 'ALTER TABLE "note" ADD "colour" text'],
    ] as const) {
      const dataSource = createDataSource({ service: 'catalog', databaseUrl: urlOf(role, "it's"), entities: [entity] });
      await dataSource.initialize();
      const checked = assertNoDrift(dataSource);
      await (expected ? expect(checked).rejects.toThrow(expected) : checked).finally(() => dataSource.destroy());
    }
  });

  it('tells an owner who may not make roles what is missing', async () => {
    await prepareDatabase(ownerUrl, services);
    await expect(prepareDatabase(urlOf(role, "it's"), services.slice(1))).rejects.toThrow(
      `The database user ${role} may not make roles. Give it CREATEROLE`,
    );
  });

  it('tells what is wrong with an address in one sentence', async () => {
    await expect(migrate('postgres://u:hush@127.0.0.1:1/db', { service: 'catalog', migrations })).rejects.toThrow(
      /^DATABASE_URL: nothing listens at 127\.0\.0\.1:1\/db\. Start PostgreSQL there, or correct the address\.$/,
    );
  });
});
