import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { waitFor } from '@slipway/testing/test-run';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { Link, PASS } from './link.js';

describe('a link', () => {
  let server: Server;
  let link: Link;
  let client: Socket;
  let answered: string;
  /** What the server was told. */
  let heard: string;
  let closed: boolean;

  const open = async (port: number): Promise<void> => {
    [answered, closed] = ['', false];
    const opened = connect(port, '127.0.0.1');
    client = opened;
    opened.on('data', (chunk: Buffer) => (answered += chunk.toString()));
    opened.on('error', () => undefined);
    opened.on('close', () => (closed ||= opened === client));
    await Promise.race([once(opened, 'connect'), once(opened, 'close')]).catch(() => undefined);
  };
  let port: number;

  beforeEach(async () => {
    heard = '';
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        heard += chunk.toString();
        socket.write(chunk.toString().toUpperCase());
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    link = new Link('test', () => (server.address() as AddressInfo).port);
    port = await link.open();
    await open(port);
  });
  afterEach(() => {
    client.destroy();
    link.close();
    server.close();
  });

  it('passes on, both ways', async () => {
    client.write('a');
    await waitFor(() => answered === 'A');
  });

  it('passes on in small pieces', async () => {
    link.set({ kind: 'slices', bytes: 3 });
    const pieces: string[] = [];
    client.on('data', (chunk: Buffer) => pieces.push(chunk.toString()));
    client.write('abcdefgh');
    await waitFor(() => answered === 'ABCDEFGH');
    expect(pieces.length).toBeGreaterThan(1);
  });

  it('lets go of the other end when one is gone while more is on its way to it', async () => {
    client.write('a');
    await waitFor(() => answered === 'A');
    server.once('connection', (socket) => socket.on('drain', () => undefined).write(Buffer.alloc(64 * 1024 * 1024)));
    await open(port);
    client.pause();
    await waitFor(() => client.readableLength > 0);
    // As a process that is killed: its end first, and a reset for what comes then.
    client.end();
    await delay(50);
    client.resetAndDestroy();
    await waitFor(() => link.openConnections === 1);
  });

  it('resets a connection that has carried enough, and lets a new one carry as much', async () => {
    link.set({ kind: 'limit', bytes: 4 });
    client.write('abc');
    await waitFor(() => answered === 'ABC');
    client.write('de');
    await waitFor(() => closed);
    await open(port);
    client.write('abc');
    await waitFor(() => answered === 'ABC');
  });

  it('resets open and new connections while it is cut, and passes again when it is healed', async () => {
    client.write('a');
    await waitFor(() => answered === 'A');
    link.set({ kind: 'cut' });
    await waitFor(() => closed);
    await open(port);
    await waitFor(() => closed);
    link.set(PASS);
    await open(port);
    client.write('b');
    await waitFor(() => answered === 'B');
  });

  it.each([
    ['both', ''],
    ['from', 'b'],
  ] as const)(
    'silent (%s): keeps the connection, lets nothing arrive, and gives what waited at the end',
    async (direction, meanwhile) => {
      client.write('a');
      await waitFor(() => answered === 'A');
      heard = '';
      link.set({ kind: 'silent', direction });
      client.write('b');
      await waitFor(() => heard === meanwhile);
      // What is held back would have come by then.
      await delay(100);
      expect({ answered, heard, closed }).toEqual({ answered: 'A', heard: meanwhile, closed: false });
      link.set(PASS);
      await waitFor(() => answered === 'AB');
    },
  );

  it('delays', async () => {
    link.set({ kind: 'delay', ms: 60 });
    const begun = performance.now();
    client.write('a');
    await waitFor(() => answered === 'A');
    expect(performance.now() - begun).toBeGreaterThan(115);
  });
});
