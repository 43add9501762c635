// The endpoints of B8 in a process of their own: paths `/0`, `/1` … answer at once, `/slow` after ten seconds. Each request's signature is
// checked, as a receiver does.
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Reading } from '../benchmark.js';
import { Expected, type ExpectedMessages } from '../measure/expected.js';
import { answerDriver } from '../parts/child.js';

const SLOW_MS = 10_000;

let expected: Expected | undefined;
let key = Buffer.alloc(0);
let wrong: string | undefined;
/** Those that wait for their answer. */
const slow = new Map<ServerResponse, NodeJS.Timeout>();

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    if (request.url === '/slow') {
      slow.set(
        response,
        setTimeout(() => answerSlow(response), SLOW_MS),
      );
      return;
    }
    if (!isSigned(request, body)) wrong ??= `an attempt to ${request.url} was not signed`;
    expected?.take(Number(request.url?.slice(1)), body);
    response.writeHead(204).end();
  });
});
// A sender may keep its connections for as long as a round takes.
server.keepAliveTimeout = 60_000;

function answerSlow(response: ServerResponse): void {
  clearTimeout(slow.get(response));
  slow.delete(response);
  response.writeHead(204).end();
}

function isSigned({ headers }: IncomingMessage, body: Buffer): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = headers;
  const hmac = createHmac('sha256', key)
    .update(`${String(id)}.${String(timestamp)}.`)
    .update(body)
    .digest('base64');
  return signature === `v1,${hmac}`;
}

answerDriver({
  start: async ({ secret }: { secret: string }): Promise<number> => {
    key = Buffer.from(secret);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  },
  expect: (messages: ExpectedMessages): void => {
    expected = new Expected(messages);
  },
  /** Latencies, and when the last one came; throws for what is missing or came twice. */
  complete: async ({ withinMs }: { withinMs: number }): Promise<{ reading: Reading; lastAt: number }> => {
    if (!expected) throw new Error('nothing is expected');
    await expected.complete(withinMs);
    if (wrong !== undefined) throw new Error(wrong);
    return { reading: expected.latencies.reading(), lastAt: expected.lastAt };
  },
  /** Lets go what waits at the slow endpoint, so that it does not reach into the next round. */
  release: (): void => {
    for (const response of [...slow.keys()]) answerSlow(response);
  },
});
