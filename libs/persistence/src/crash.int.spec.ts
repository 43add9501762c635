import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { type Broker, Bus, connectBroker, provision, Sealing, Stream } from '@slipway/messaging';
import type { RunningNats } from '@slipway/testing/backends';
import { startNatsForTest, waitFor } from '@slipway/testing/test-run';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { ENCRYPTION_KEYS, NoteEntity, SERVICE, silent, startDatabase, type TestDatabase } from './fixture/database.js';
import { noteWritten, writeNote } from './fixture/operations.js';

const projectDir = fileURLToPath(new URL('../', import.meta.url));
const operations = [writeNote, noteWritten];
const ACK_WAIT_NANOSECONDS = 1e9;

describe('a service that is killed', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let nats: RunningNats;
  let broker: Broker;
  let bus: Bus;
  const children: ChildProcess[] = [];

  // What runs here is the built library, as in a container.
  beforeAll(async () => {
    const build = spawnSync('npx', ['tsc', '-b', projectDir], { cwd: projectDir, encoding: 'utf8' });
    expect(build.stdout + build.stderr).toBe('');
    database = await startDatabase();
    dataSource = await database.connect();
    nats = await startNatsForTest();
    broker = await connectBroker({ service: 'gateway', natsUrl: nats.url, logger: silent });
    await provision(broker.connection, operations);
    // The broker waits half a minute for a dead process; a test does not.
    const manager = await broker.jetstream.jetstreamManager(false);
    await manager.consumers.update(Stream.commands, SERVICE, { ack_wait: ACK_WAIT_NANOSECONDS });
    bus = new Bus(broker, new Sealing({}), silent, { service: 'gateway', natsUrl: nats.url, operations });
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    }
  });
  afterAll(async () => {
    await broker.close();
    await nats.stop();
    await database.drop();
  });

  function start(crashAt = 'never'): ChildProcess {
    const child = spawn(process.execPath, ['fixtures/crash-service.mjs'], {
      cwd: projectDir,
      env: {
        PATH: process.env.PATH,
        ADMIN_PORT: '0',
        LOG_LEVEL: 'error',
        DATABASE_URL: database.databaseUrl,
        NATS_URL: nats.url,
        ENCRYPTION_KEYS,
        CRASH_AT: crashAt,
      },
      stdio: 'inherit',
    });
    children.push(child);
    return child;
  }

  it.each([
    { crashAt: 'before-commit', replayed: false },
    { crashAt: 'before-ack', replayed: true },
    { crashAt: 'before-publish', replayed: undefined },
    { crashAt: 'before-mark', replayed: undefined },
  ])(
    '$crashAt: the command has taken effect once and its event is out once, after the next start',
    async ({ crashAt, replayed }) => {
      const dying = start(crashAt);
      const answer = bus.execute(writeNote, { text: crashAt }, { correlationId: crashAt, timeoutMs: 15_000 });
      const [, signal] = (await once(dying, 'exit')) as [number | null, NodeJS.Signals | null];
      expect(signal).toBe('SIGKILL');
      start();

      const { output, replayed: recorded } = await answer;
      expect(await dataSource.getRepository(NoteEntity).findBy({ text: crashAt })).toEqual([output]);
      // The relay may end the process before or after the answer has left, so then the answer is of either kind.
      if (replayed !== undefined) expect(recorded).toBe(replayed);
      await waitFor(
        async () => (await dataSource.query<unknown[]>('select 1 from outbox where sent_at is null')).length === 0,
      );
      expect((await eventTexts()).filter((text) => text === crashAt)).toHaveLength(1);
      const manager = await broker.jetstream.jetstreamManager(false);
      await waitFor(async () => (await manager.streams.info(Stream.commands)).state.messages === 0);
    },
    30_000,
  );

  async function eventTexts(): Promise<string[]> {
    const consumer = await broker.jetstream.consumers.get(Stream.events, { filter_subjects: noteWritten.subject });
    const { num_pending: count } = await consumer.info();
    const texts: string[] = [];
    if (count === 0) return texts;
    for await (const message of await consumer.fetch({ max_messages: count }))
      texts.push(message.json<{ text: string }>().text);
    return texts;
  }
});
