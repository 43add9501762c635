import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';

import { createLogger } from '@slipway/runtime';
import { createDatabase } from '@slipway/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { migrateAll } from '../prepare.js';

const command = fileURLToPath(new URL('../../dist/commands/refill-events.js', import.meta.url));

let database: Awaited<ReturnType<typeof createDatabase>>;
let client: Client;
beforeAll(async () => {
  database = await createDatabase();
  await migrateAll(database.ownerUrl, () => 'secret', undefined, createLogger({ level: 'silent' }));
  client = new Client({ connectionString: database.ownerUrl });
  await client.connect();
}, 60_000);
afterAll(async () => {
  await client.end();
  await database.drop();
});

function run(args: string[], env: Record<string, string> = { DATABASE_URL: database.ownerUrl }) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { encoding: 'utf8', env });
  return { status, stdout, stderr };
}

describe('refill-events', () => {
  it('lets every service send again what left since a moment', async () => {
    const leave = (schema: string, ago: string) =>
      client.query(
        `insert into ${schema}.outbox (id, subject, envelope, payload, sent_at) values ($1, 's', '{}', '{}', now() - $2::interval)`,
        [randomUUID(), ago],
      );
    await leave('identity', '10 minutes');
    await leave('identity', '3 hours');
    await leave('deployments', '1 minute');
    const { status, stdout } = run(['--since', '2h']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^identity: 1 messages/m);
    expect(stdout).toMatch(/^deployments: 1 messages/m);
    expect(stdout).toMatch(/^catalog: 0 messages/m);
    const { rows } = await client.query(`select count(*)::int as unsent from identity.outbox where sent_at is null`);
    expect(rows).toEqual([{ unsent: 1 }]);
    expect(run(['--since', '2020-01-01T00:00:00Z']).stdout).toMatch(/^identity: 1 messages/m);
  }, 60_000);

  it.each([
    [['--since', 'yesterday'], 1, /neither how long ago nor a time/],
    [['--since', '5'], 1, /neither/],
    [['--help'], 0, /--since T/],
    [[], 0, /--since T/],
  ])('with %j ends with %i and says what to do', (args, status, text) => {
    const ran = run(args);
    expect(ran.status).toBe(status);
    expect(`${ran.stdout}${ran.stderr}`).toMatch(text);
  });

  it('needs the database, and tells of one that is not there in a sentence', () => {
    expect(run(['--since', '2h'], {}).stderr).toMatch(/DATABASE_URL/);
    const away = run(['--since', '2h'], { DATABASE_URL: 'postgres://slipway@127.0.0.1:1/slipway' });
    expect([away.status, away.stderr.trim().split('\n').length]).toEqual([1, 1]);
  });
});
