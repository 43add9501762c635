import { randomUUID } from 'node:crypto';

import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { silent, startDatabase, type TestDatabase } from './fixture/database.js';
import { Pruning } from './pruning.js';

describe('prune', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  beforeAll(async () => {
    database = await startDatabase();
    dataSource = await database.connect();
  });
  afterAll(() => database.drop());

  const outbox = async (age: string, sent: string | null): Promise<void> => {
    await dataSource.query(
      `insert into outbox (id, subject, envelope, payload, created_at, sent_at)
       values ($1, 'evt', '{}', '{}', now() - $2::interval, now() - $3::interval)`,
      [randomUUID(), age, sent],
    );
  };

  it('forgets operations and sent messages after seven days, in batches, and never what has not left', async () => {
    await dataSource.query(
      `insert into inbox (operation_id, subject, message_id, outcome, created_at)
       select 'op-' || n, 'cmd', 'm', 'answered', now() - case when n <= 2500 then interval '8 days' else interval '6 days' end
         from generate_series(1, 2510) n`,
    );
    await outbox('9 days', '8 days');
    await outbox('9 days', '6 days');
    await outbox('9 days', null);
    expect(await new Pruning(dataSource, silent, {}).prune()).toBe(2501);
    expect(
      await dataSource.query(`select (select count(*) from inbox) as inbox, (select count(*) from outbox) as outbox`),
    ).toEqual([{ inbox: '10', outbox: '2' }]);
  });
});
