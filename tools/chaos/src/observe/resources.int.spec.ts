import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';

import { expect, it } from 'vitest';

import { Link } from '../rig/link.js';
import { openFilesOf } from './resources.js';

it('counts open files by what they are, and connections by where they lead', async () => {
  const server = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const link = new Link('gateway-1 to the database', () => (server.address() as AddressInfo).port);
  const before = openFilesOf(process.pid, [link]);
  const port = await link.open();
  const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  for (let accepted = 0; accepted < 2; accepted += 1) await once(server, 'connection');
  const file = await open('/dev/null');
  const { database, listening, clients, ...others } = openFilesOf(process.pid, [link]);
  // Link and server are this process too: each of them has the other as its client or target.
  expect({ database, listening, clients }).toEqual({
    database: 2,
    listening: (before.listening ?? 0) + 1,
    clients: (before.clients ?? 0) + 2 * 3,
  });
  expect(others['/dev/null']).toBe((before['/dev/null'] ?? 0) + 1);
  await file.close();
  for (const socket of sockets) socket.destroy();
  link.close();
  server.close();
  expect(openFilesOf(2 ** 22 + 1, [link])).toEqual({});
});
