import { connect as connectSocket, createServer, type Server, type Socket } from 'node:net';

import { Module } from '@nestjs/common';
import { MessagingModule } from '@slipway/messaging';
import {
  AdminServer,
  createLogger,
  defineService,
  Metrics,
  Readiness,
  type RunningService,
  startService,
} from '@slipway/runtime';
import { freePort, type RunningNats } from '@slipway/testing/backends';
import { createDatabase, startNatsForTest, waitFor } from '@slipway/testing/test-run';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import {
  ENCRYPTION_KEYS,
  migrations,
  NoteEntity,
  SERVICE,
  startDatabase,
  type TestDatabase,
} from './fixture/database.js';
import { Inbox } from './inbox/inbox.js';
import { migrate } from './migrations/migrate.js';
import { prepareDatabase } from './migrations/prepare-database.js';
import { PersistenceModule } from './persistence.module.js';

class NoConfig {}

describe('PersistenceModule', () => {
  let database: TestDatabase;
  let nats: RunningNats;
  const lines: string[] = [];
  const running: RunningService[] = [];

  beforeAll(async () => {
    [database, nats] = await Promise.all([startDatabase(), startNatsForTest()]);
  });
  afterAll(async () => {
    await nats.stop();
    await database.drop();
  });
  afterEach(async () => {
    for (const service of running.splice(0)) await service.close();
    lines.length = 0;
  });

  async function start(databaseUrl: string, env: Record<string, string> = {}): Promise<RunningService> {
    @Module({})
    class TestModule {}
    const options = {
      service: SERVICE,
      databaseUrl,
      entities: [NoteEntity],
      migrations,
      encryptionKeys: ENCRYPTION_KEYS,
    };
    const imports = [
      MessagingModule.register({ service: SERVICE, natsUrl: nats.url, operations: [] }),
      PersistenceModule.register(options),
    ];
    const service = await startService(
      defineService({ name: SERVICE, config: NoConfig, module: () => ({ module: TestModule, imports }) }),
      {
        env,
        adminServer: new AdminServer(),
        logger: createLogger({ destination: { write: (line) => lines.push(line) } }),
        signals: false,
      },
    );
    running.push(service);
    return service;
  }
  const asOwner = async (statement: string): Promise<void> => {
    const client = new Client({ connectionString: database.ownerUrl });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };

  it('gives a running service its inbox and data source, and closes the connections with it', async () => {
    const service = await start(database.databaseUrl);
    await service.ready;
    expect(service.app.get(Inbox)).toBeInstanceOf(Inbox);
    const dataSource = service.app.get(DataSource);
    expect(await dataSource.getRepository(NoteEntity).count()).toBe(0);
    await service.close();
    expect(dataSource.isInitialized).toBe(false);
  });

  it('tells how many committed messages wait, and for how long', async () => {
    const service = await start(database.databaseUrl);
    await asOwner(
      `insert into catalog.outbox (id, subject, envelope, payload, created_at, sent_at) values
         (gen_random_uuid(), 'nobody.hears', '{"correlationId":"c"}', '{}', now() - interval '1 minute', null),
         (gen_random_uuid(), 'nobody.hears', '{"correlationId":"c"}', '{}', now() - interval '1 hour', now())`,
    );
    const text = await service.app.get(Metrics).metrics();
    expect(text).toContain('slipway_outbox_waiting{service="catalog"} 1');
    expect(text).toMatch(/slipway_outbox_oldest_seconds\{service="catalog"\} 6\d/);
    await asOwner('delete from catalog.outbox');
  });

  it('is unready while the database is away, names it, and recovers', async () => {
    const service = await start(database.databaseUrl);
    await service.ready;
    const report = () => service.app.get(Readiness).report();
    const role = new URL(database.databaseUrl).username;
    await asOwner(`alter role ${role} nologin`);
    await asOwner(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}'`);
    // The first one to ask may still meet a connection that has just been cut.
    const away = /^DATABASE_URL: PostgreSQL at 127\.0\.0\.1:\d+\/test_\w+ refuses the user/;
    await waitFor(async () => away.test((await report()).checks.postgres ?? ''));
    expect((await report()).ready).toBe(false);
    await asOwner(`alter role ${role} login`);
    await waitFor(async () => (await report()).ready);
  });

  it('waits at the start for a database that is away', async () => {
    const target = new URL(database.databaseUrl);
    const through = new URL(target);
    through.port = String(await freePort());
    const starting = start(through.href);
    await waitFor(() => lines.some((line) => line.includes(`nothing listens at 127.0.0.1:${through.port}`)));
    const proxy = await forward(Number(through.port), Number(target.port));
    try {
      await (
        await starting
      ).ready;
      expect(lines.join('')).not.toContain(target.password);
      await (await starting).close();
    } finally {
      proxy.close();
    }
  });

  it('waits at the start for migrations that have not run, and names them', async () => {
    const { ownerUrl, drop } = await createDatabase();
    try {
      const url = new URL(ownerUrl);
      url.username = `late_${url.pathname.slice(1)}`;
      url.password = 'late';
      await prepareDatabase(ownerUrl, [{ service: SERVICE, password: url.password, role: url.username }]);
      const starting = start(url.href);
      await waitFor(() =>
        lines.some((line) => line.includes('lacks the migrations InboxAndOutbox1700000000000, Notes1700000000001')),
      );
      await migrate(ownerUrl, { service: SERVICE, migrations });
      await (
        await starting
      ).ready;
      await (await starting).close();
    } finally {
      await drop();
    }
  });

  it('refuses a wrong password in one sentence that does not hold it', async () => {
    const url = new URL(database.databaseUrl);
    url.password = 'planted-secret';
    const refused: unknown = await start(url.href).catch((error: unknown) => error);
    expect(String(refused)).toMatch(
      /^Error: DATABASE_URL: PostgreSQL at .* refuses the user catalog_\w+ or its password\./,
    );
    expect(String(refused) + lines.join('')).not.toContain('planted-secret');
  });

  // The PostgreSQL of the tests runs without fsync.
  it('refuses in production a database that may lose what it committed, and warns elsewhere', async () => {
    await expect(start(database.databaseUrl, { NODE_ENV: 'production' })).rejects.toThrow(
      /runs with fsync off, so a power cut loses acknowledged writes\. .* refuses to start on it in production\.$/,
    );
    await (
      await start(database.databaseUrl)
    ).ready;
    expect(lines.some((line) => line.includes('runs with fsync off'))).toBe(true);
  });
});

async function forward(port: number, target: number): Promise<Server> {
  const server = createServer((client: Socket) => {
    const upstream = connectSocket(target, '127.0.0.1');
    client.pipe(upstream).pipe(client);
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}
