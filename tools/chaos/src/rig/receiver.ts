// The webhook receiver of a run: keeps what arrives, and misbehaves as it is told, per path.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Manner =
  'well' | 'slow' | 'failing' | 'redirecting' | 'hanging' | 'resetting' | 'flooding' | 'gone' | 'limiting';

export interface Received {
  readonly at: number;
  readonly path: string;
  readonly webhookId: string;
  readonly body: string;
  /** How it was answered. */
  readonly manner: Manner;
  /** Bytes of the answer's body that the sender took; only told by `flooding`. */
  taken?: number;
}

const SLOW_MS = 3_000;
const FLOOD_BYTES = 100 * 1024 * 1024;
/** Twice what a delivery waits after its first failure anyway. */
export const LIMITED_FOR_S = 12;

export class Receiver {
  readonly received: Received[] = [];
  private readonly manners = new Map<string, Manner>();
  private readonly server: Server;
  private readonly timers = new Set<NodeJS.Timeout>();
  port = 0;

  constructor() {
    this.server = createServer((request, response) => this.take(request, response));
    this.server.keepAliveTimeout = 60_000;
  }

  async open(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** How requests for this path are answered from now on. */
  behave(path: string, manner: Manner): void {
    this.manners.set(path, manner);
  }

  behaveWell(): void {
    this.manners.clear();
  }

  close(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.server.closeAllConnections();
    this.server.close();
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    response.on('error', () => undefined);
    request.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '';
      const one: Received = {
        at: Date.now(),
        path,
        webhookId: String(request.headers['webhook-id']),
        body: Buffer.concat(chunks).toString(),
        manner: this.manners.get(path) ?? 'well',
      };
      this.received.push(one);
      this.answer(one.manner, response, one);
    });
  }

  private answer(manner: Manner, response: ServerResponse, one: Received): void {
    switch (manner) {
      case 'well':
        response.writeHead(204).end();
        return;
      case 'slow': {
        const timer = setTimeout(() => {
          this.timers.delete(timer);
          response.writeHead(204).end();
        }, SLOW_MS);
        this.timers.add(timer);
        return;
      }
      case 'failing':
        response.writeHead(500).end('no');
        return;
      case 'redirecting':
        response.writeHead(302, { location: `http://127.0.0.1:${this.port}/followed` }).end();
        return;
      case 'hanging':
        return;
      case 'resetting':
        response.socket?.resetAndDestroy();
        return;
      case 'flooding':
        this.flood(response, one);
        return;
      case 'gone':
        response.writeHead(410).end();
        return;
      case 'limiting':
        response.writeHead(429, { 'retry-after': String(LIMITED_FOR_S) }).end();
    }
  }

  private flood(response: ServerResponse, one: Received): void {
    response.writeHead(200, { 'content-length': FLOOD_BYTES });
    const piece = Buffer.alloc(16 * 1024);
    const pour = (): void => {
      while (response.write(piece));
    };
    const { socket } = response;
    response.on('drain', pour);
    response.on('close', () => (one.taken = (socket?.bytesWritten ?? 0) - (socket?.writableLength ?? 0)));
    pour();
  }
}
