import { createServer, type Server } from 'node:net';

import { createDatabase, freePort, startNatsForTest } from '@slipway/testing';
import { afterEach, describe, expect, it } from 'vitest';

import { startBroker } from './broker.js';
import { startDatabase } from './database.js';

const nowhere = '/nonexistent';
const broker = (externalUrl: string) =>
  startBroker({ dataDir: nowhere, externalUrl, users: [], env: {}, progress: () => {} });

describe('use the database of DATABASE_URL', () => {
  it('takes one that answers', async () => {
    const { ownerUrl, drop } = await createDatabase();
    expect((await startDatabase(nowhere, ownerUrl)).ownerUrl).toBe(ownerUrl);
    await drop();
  });

  it('names one that does not answer, without its password', async () => {
    const port = await freePort();
    const refused = await startDatabase(nowhere, `postgres://me:hush@127.0.0.1:${port}/db`).catch(
      (error: Error) => error.message,
    );
    expect(refused).toMatch(
      new RegExp(`^DATABASE_URL \\(127\\.0\\.0\\.1:${port}/db\\) cannot be used: .*ECONNREFUSED`),
    );
    expect(refused).not.toContain('hush');
  });
});

describe('use the broker of NATS_URL', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());
  const says = (text: string): Promise<string> =>
    new Promise((resolve) => {
      server = createServer((socket) => socket.end(text)).listen(0, '127.0.0.1', () => {
        const address = server?.address();
        resolve(`nats://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`);
      });
    });

  it('takes one that answers', async () => {
    const nats = await startNatsForTest();
    expect((await broker(nats.url)).url).toBe(nats.url);
    await nats.stop();
  });

  it('names one that does not answer', async () => {
    const port = await freePort();
    await expect(broker(`nats://127.0.0.1:${port}`)).rejects.toThrow(
      new RegExp(`^NATS_URL \\(127\\.0\\.0\\.1:${port}\\) cannot be used: .*ECONNREFUSED`),
    );
  });

  it.each([
    ['{"version":"2.11.3","jetstream":true,"max_payload":8388608}', 'it is nats-server 2.11.3'],
    ['{"version":"2.15.1","max_payload":8388608}', 'it has no JetStream'],
    ['{"version":"2.15.1","jetstream":true,"max_payload":1048576}', 'its max_payload is 1048576'],
  ])('refuses %s', async (greeting, reason) => {
    await expect(broker(await says(`INFO ${greeting}\r\n`))).rejects.toThrow(reason);
  });

  it('refuses what is no NATS server', async () => {
    await expect(broker(await says('SSH-2.0-OpenSSH\r\n'))).rejects.toThrow('is no NATS server');
  });
});
