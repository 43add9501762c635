import { createServer, get, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';

import { expect, it } from 'vitest';

import { trackQuietConnections } from './quiet-connections.js';

it('a closing server ends connections without a request, and only those', async () => {
  let answer: ServerResponse | undefined;
  const server = createServer((_, response) => (answer = response));
  const closeQuiet = trackQuietConnections(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  const silent = connect(port, '127.0.0.1');
  const silentClosed = new Promise((resolve) => silent.once('close', resolve));
  await new Promise((resolve) => silent.once('connect', resolve));
  const status = new Promise((resolve, reject) => {
    const url = `http://127.0.0.1:${port}/`;
    const arrived = new Promise((there) => server.once('request', there));
    get(url, (response) => response.resume().once('end', () => resolve(response.statusCode))).on('error', reject);
    void arrived.then(() => {
      closeQuiet();
      answer?.setHeader('connection', 'close').end();
    });
  });
  const closed = new Promise((resolve) => server.once('close', resolve));
  expect(await status).toBe(200);
  await silentClosed;
  server.close();
  await closed;
});
