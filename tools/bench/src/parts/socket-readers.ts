import { setTimeout as delay } from 'node:timers/promises';

import { WebSocket } from 'ws';

import type { Expected } from '../measure/expected.js';

export interface ReaderRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const COME_AGAIN_MS = 100;
const COME_AGAIN_TIMES = 50;

/** WebSockets that hand on what they get. */
export class SocketReaders {
  /** Who is told of messages at present. */
  expected: Expected | undefined;
  private sockets: WebSocket[] = [];

  constructor(private readonly requests: readonly ReaderRequest[]) {}

  /** Opens all of them, so many at once. Whoever is told to come again does. @throws Error when one is refused otherwise, or for long */
  async open(atOnce = 50): Promise<void> {
    for (let from = 0; from < this.requests.length; from += atOnce) {
      const batch = this.requests.slice(from, from + atOnce);
      await Promise.all(batch.map((request, index) => this.connect(request, from + index)));
    }
  }

  /** Cuts all of them; resolves when they are closed. */
  async close(): Promise<void> {
    const sockets = this.sockets;
    this.sockets = [];
    await Promise.all(
      sockets.map(
        (socket) =>
          new Promise<void>((resolve) => {
            if (socket.readyState === socket.CLOSED) return resolve();
            // One that is cut while it connects says so with an error first.
            socket.on('error', () => undefined);
            socket.once('close', () => resolve());
            socket.terminate();
          }),
      ),
    );
  }

  private async connect({ url, headers = {} }: ReaderRequest, reader: number): Promise<void> {
    for (let times = 1; ; times += 1) {
      const socket = new WebSocket(url, { headers, perMessageDeflate: false });
      socket.on('message', (message: Buffer) => this.expected?.take(reader, message));
      const refusal = await opened(socket);
      if (refusal === undefined) {
        this.sockets.push(socket);
        return;
      }
      if ((refusal !== 429 && refusal !== 503) || times > COME_AGAIN_TIMES)
        throw new Error(`a socket was refused with ${refusal}`);
      await delay(COME_AGAIN_MS);
    }
  }
}

/** Resolves with the status of the refusal, if it is one. */
function opened(socket: WebSocket): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(undefined));
    socket.once('unexpected-response', (request, response) => {
      resolve(response.statusCode ?? 0);
      request.destroy();
    });
    socket.on('error', reject);
  });
}
