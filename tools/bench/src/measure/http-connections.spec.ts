import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, it } from 'vitest';

import { HttpConnections, requestBytes } from './http-connections.js';

describe('HttpConnections', () => {
  let server: Server;
  let connections: HttpConnections;

  const open = async (listener: RequestListener, count: number): Promise<void> => {
    server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    connections = await HttpConnections.open((server.address() as AddressInfo).port, count);
  };
  afterEach(async () => {
    connections.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('sends what it is given and reads answers of any size, one after the other on a connection', async () => {
    const asked: string[] = [];
    await open((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        asked.push(`${request.method} ${request.url} ${request.headers.authorization} ${body}`);
        const text = 'x'.repeat(Number(request.url?.slice(1)));
        response.writeHead(201, { 'content-length': text.length }).end(text);
      });
    }, 1);
    const send = (size: number, body?: object) =>
      connections.send(requestBytes('POST', `/${size}`, { authorization: 'Bearer k' }, body));
    const answers = await Promise.all([send(0, { é: 1 }), send(500_000), send(3)]);
    expect(answers.map(({ status, body }) => [status, body.length])).toEqual([
      [201, 0],
      [201, 500_000],
      [201, 3],
    ]);
    expect(asked).toEqual(['POST /0 Bearer k {"é":1}', 'POST /500000 Bearer k ', 'POST /3 Bearer k ']);
  });

  it('has no more requests at once than connections', async () => {
    let running = 0;
    let most = 0;
    await open((_, response) => {
      most = Math.max(most, (running += 1));
      setTimeout(() => {
        running -= 1;
        response.writeHead(200, { 'content-length': 0 }).end();
      }, 5);
    }, 3);
    const get = requestBytes('GET', '/');
    await Promise.all(Array.from({ length: 12 }, () => connections.send(get)));
    expect(most).toBe(3);
  });

  it('fails when the connection ends before the answer, or the answer has no length', async () => {
    await open((request, response) => {
      if (request.url === '/cut') request.socket.destroy();
      else response.writeHead(200, { 'transfer-encoding': 'chunked' }).end('text');
    }, 1);
    await expect(connections.send(requestBytes('GET', '/'))).rejects.toThrow('without Content-Length');
    await expect(connections.send(requestBytes('GET', '/cut'))).rejects.toThrow('the connection was closed');
    await expect(connections.send(requestBytes('GET', '/'))).rejects.toThrow('the connection is closed');
  });
});
