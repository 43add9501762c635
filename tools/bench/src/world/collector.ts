// Takes traces over OTLP, and forgets them.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { answerDriver } from '../parts/child.js';

answerDriver({
  start: async (): Promise<number> => {
    const server = createServer((request, response) => {
      request.resume();
      request.once('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  },
});
