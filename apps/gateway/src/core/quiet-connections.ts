import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Knows the connections on which no request runs. Node closes those between two requests by itself, but one that has never sent any,
 * as browsers and connection pools open them ahead of need, would keep a server from closing for its whole time-out.
 *
 * @returns closes them all
 */
export function trackQuietConnections(server: Server): () => void {
  const quiet = new Set<Socket>();
  server.on('connection', (socket) => {
    quiet.add(socket);
    socket.once('close', () => quiet.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    quiet.delete(socket);
    response.once('close', () => {
      if (!socket.destroyed) quiet.add(socket);
    });
  });
  // Whoever takes a socket over closes it as well.
  server.on('upgrade', ({ socket }) => quiet.delete(socket));
  return () => {
    for (const socket of quiet) socket.destroy();
  };
}
