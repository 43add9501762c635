import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { waitFor } from '../wait-for.js';
import { findNatsServer } from './find-nats-server.js';
import { type NatsUser, type RunningNats, startNatsServer } from './nats-server.js';
import { isRunning } from './os-process.js';

describe('start nats-server', () => {
  let dataDir: string;
  const started: RunningNats[] = [];
  const start = async (users: NatsUser[] = [], port = 0): Promise<RunningNats> => {
    const nats = await startNatsServer({ binary: await findNatsServer(), dataDir, users, port });
    started.push(nats);
    return nats;
  };

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'nats-spec-'));
  });
  afterEach(async () => {
    for (const nats of started.splice(0)) await nats.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('serves JetStream with payloads of 4 MiB', async () => {
    const { url } = await start();
    const connection = await connect({ servers: url });
    expect(connection.info?.max_payload).toBe(4 * 1024 * 1024);
    const manager = await jetstreamManager(connection);
    expect((await manager.getAccountInfo()).streams).toBe(0);
    await connection.close();
  });

  it('lets only its users in, and them only where they may', async () => {
    const { url } = await start([
      {
        user: 'a',
        password: 'secret',
        permissions: { publish: { allow: ['own.>'] }, subscribe: { allow: ['_INBOX_a.>'] } },
      },
    ]);
    expect(statSync(join(dataDir, 'nats.conf')).mode & 0o777).toBe(0o600);
    await expect(connect({ servers: url, user: 'a', pass: 'wrong' })).rejects.toThrow(/Authorization Violation/i);
    await expect(connect({ servers: url })).rejects.toThrow(/Authorization Violation/i);
    const connection = await connect({ servers: url, user: 'a', pass: 'secret' });
    const refused: string[] = [];
    void (async () => {
      for await (const status of connection.status()) if (status.type === 'error') refused.push(status.error.message);
    })();
    connection.publish('own.thing');
    connection.publish('other.thing');
    await connection.flush();
    expect(await waitFor(() => refused[0])).toMatch(/Permissions Violation for Publish to "other.thing"/i);
    expect(refused).toHaveLength(1);
    await connection.close();
  });

  it('finds its streams again after it was killed', async () => {
    const first = await start();
    const before = await connect({ servers: first.url, reconnect: false });
    await (await jetstreamManager(before)).streams.add({ name: 'KEPT', subjects: ['kept'] });
    await jetstream(before).publish('kept', 'seven');
    process.kill(first.pid, 'SIGKILL');
    await waitFor(() => !isRunning(first.pid));
    const second = await start();
    const after = await connect({ servers: second.url });
    expect((await (await jetstreamManager(after)).streams.info('KEPT')).state.messages).toBe(1);
    await after.close();
  });

  it('takes over from a server that a killed parent left running', async () => {
    const first = await start();
    const second = await start();
    expect(isRunning(first.pid)).toBe(false);
    expect(isRunning(second.pid)).toBe(true);
  });

  it('says why it did not start', async () => {
    const first = await start();
    const other = mkdtempSync(join(tmpdir(), 'nats-spec-'));
    try {
      await expect(
        startNatsServer({ binary: await findNatsServer(), dataDir: other, port: first.port }),
      ).rejects.toThrow(/did not start in .*address already in use/);
    } finally {
      rmSync(other, { recursive: true });
    }
  });
});
