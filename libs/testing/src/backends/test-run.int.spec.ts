import { Client } from 'pg';
import { afterAll, describe, expect, it } from 'vitest';

import { createDatabase, sharedPostgres } from './test-run.js';

describe('the PostgreSQL of a test run', () => {
  const drops: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const drop of drops) await drop();
  });

  it('is one, however many ask at once', async () => {
    const answers = await Promise.all([sharedPostgres(), sharedPostgres(), sharedPostgres()]);
    expect(new Set(answers.map((answer) => answer.ownerUrl)).size).toBe(1);
  });

  it('gives each caller a database of its own', async () => {
    const [one, two] = await Promise.all([createDatabase(), createDatabase()]);
    drops.push(one.drop, two.drop);
    const client = new Client({ connectionString: one.ownerUrl });
    await client.connect();
    await client.query('create table only_here (id int)');
    await client.end();
    const other = new Client({ connectionString: two.ownerUrl });
    await other.connect();
    await expect(other.query('select * from only_here')).rejects.toThrow(/does not exist/);
    await other.end();
  });
});
