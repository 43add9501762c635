// The floor of B7: a bare `ws` server that sends each event to all its sockets, in the bytes that Slipway sends.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { WebSocketServer } from 'ws';

import { answerDriver } from '../parts/child.js';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false, backlog: 4096 });
const listening = once(server, 'listening');

answerDriver({
  port: async (): Promise<number> => {
    await listening;
    return (server.address() as AddressInfo).port;
  },
  /** The event becomes bytes once. */
  broadcast: ({ frame }: { frame: object }): void => {
    const bytes = Buffer.from(JSON.stringify(frame));
    for (const client of server.clients) client.send(bytes, { binary: false });
  },
});
