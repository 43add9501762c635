// The floor of B6: one bare follow of a log, sent to all sockets of a bare `ws` server. Each line becomes the bytes that Slipway sends,
// once, and `ws` sends them to each.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { WebSocketServer } from 'ws';

import { answerDriver } from '../parts/child.js';
import type { ClusterAccess, Container } from '../world/cluster.js';
import { followLog } from './follow-log.js';

answerDriver({
  start: async ({ access, container }: { access: ClusterAccess; container: Container }): Promise<number> => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
    await once(server, 'listening');
    await followLog(access, container, (line) => {
      const space = line.indexOf(' ');
      const entry = {
        timestamp: line.slice(0, space),
        level: 'info',
        message: line.slice(space + 1),
        source: 'app',
        pod: container.pod,
        container: container.container,
      };
      const bytes = Buffer.from(JSON.stringify(entry));
      for (const client of server.clients) client.send(bytes, { binary: false });
    });
    return (server.address() as AddressInfo).port;
  },
});
