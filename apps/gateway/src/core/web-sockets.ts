// Every WebSocket of every dialect: how it is accepted, kept honest and closed. A frame of the client's is read and ignored; what is
// sent waits in memory only up to a bound.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { problem } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import { Gauge, Metrics, ServiceLogger } from '@slipway/runtime';
import { WebSocketServer, type WebSocket } from 'ws';

import { CredentialWatch } from './credential-watch.js';
import type { Caller, HttpCall } from './http-call.js';
import { ClientGoneError } from './read-body.js';

export const CloseCode = { done: 1000, goingAway: 1001, revoked: 1008, internal: 1011, tooSlow: 1013 } as const;
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

const PING_EVERY_MS = 30_000;
const UNANSWERED_PINGS = 2;
const MAX_FRAME_BYTES = 64 * 1024;
/** What may wait for a slow client. */
export const MAX_BUFFERED_BYTES = 1024 * 1024;
const MAX_PER_USER = 50;
/** How long a client may take to answer a close before the connection is cut. */
const CLOSE_WITHIN_MS = 2_000;

const gathering = new Set<Duplex>();

/** What a connection gets until the event loop turns leaves in one write: a process that falls behind then sends its backlog at the price of one message. */
function writeTogether(connection: Duplex): void {
  if (gathering.size === 0) {
    setImmediate(() => {
      for (const one of gathering) one.uncork();
      gathering.clear();
    });
  }
  if (gathering.has(connection)) return;
  gathering.add(connection);
  connection.cork();
}

/** One accepted WebSocket. */
export class OpenSocket {
  private readonly ended: Promise<void>;
  private unanswered = 0;
  private waiting: (() => void)[] = [];

  constructor(
    private readonly socket: WebSocket,
    /** What carries it. */
    private readonly connection: Duplex,
    readonly caller: Caller | undefined,
  ) {
    this.ended = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.once('close', () => this.tellReady());
    socket.on('pong', () => (this.unanswered = 0));
    // ws closes with 1009 or 1002 by itself; the event only has to have a listener.
    socket.on('error', () => undefined);
    socket.resume();
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  get bufferedBytes(): number {
    return this.socket.bufferedAmount;
  }

  /** Sends one text message; nothing once the socket is closing. `onSent`: it has left this process. */
  send(text: string | Buffer, onSent?: () => void): void {
    if (!this.isOpen) return;
    writeTogether(this.connection);
    this.socket.send(text, { binary: false }, () => {
      onSent?.();
      if (this.isReady) this.tellReady();
    });
  }

  /** Resolves when what waits leaves room for more, or the connection has ended. */
  ready(): Promise<void> {
    return this.isReady ? Promise.resolve() : new Promise((resolve) => this.waiting.push(resolve));
  }

  close(code: CloseCode): void {
    if (this.socket.readyState === this.socket.CLOSED) return;
    this.socket.close(code);
    setTimeout(() => this.socket.terminate(), CLOSE_WITHIN_MS).unref();
  }

  /** Cuts the connection when the client is gone without having said so. */
  ping(): void {
    if (this.unanswered >= UNANSWERED_PINGS) return this.socket.terminate();
    this.unanswered += 1;
    if (this.isOpen) this.socket.ping();
  }

  /** Resolves when the connection has ended, whoever ended it. */
  closed(): Promise<void> {
    return this.ended;
  }

  private get isReady(): boolean {
    return this.socket.readyState === this.socket.CLOSED || this.bufferedBytes <= MAX_BUFFERED_BYTES / 2;
  }

  private tellReady(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

@Injectable()
export class WebSockets implements OnModuleDestroy {
  private readonly server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES,
    clientTracking: false,
  });
  private readonly open = new Set<OpenSocket>();
  /** Those that have taken room and are not accepted yet. */
  private readonly arriving = new Set<HttpCall>();
  private readonly upgrading = new WeakMap<IncomingMessage, HttpCall>();
  private readonly timer: NodeJS.Timeout;
  private stopping = false;

  constructor(
    private readonly credentials: CredentialWatch,
    private readonly logger: ServiceLogger,
    metrics: Metrics,
  ) {
    this.server.on('headers', (headers, request) => headers.push(...ownHeaders(this.upgrading.get(request))));
    this.timer = setInterval(() => {
      for (const socket of this.open) socket.ping();
    }, PING_EVERY_MS);
    const { open } = this;
    new Gauge({
      name: 'slipway_websockets_open',
      help: 'WebSockets that are open.',
      registers: [metrics],
      collect() {
        this.set(open.size);
      },
    });
  }

  onModuleDestroy(): void {
    this.stopping = true;
    clearInterval(this.timer);
    for (const socket of this.open) socket.close(CloseCode.goingAway);
  }

  /**
   * Takes the room of one more socket until its connection ends, or refuses a user who has as many as may be. To be called before
   * anything is prepared for it: what is only being prepared counts, or many at once would pass. @throws Refusal, ClientGoneError
   */
  takeRoom(call: HttpCall): void {
    // A connection that has ended says so no more.
    if (call.upgrade?.socket.destroyed) throw new ClientGoneError();
    const { userId } = call.actor;
    const held = [...this.open, ...this.arriving].filter(({ caller }) => caller?.actor.userId === userId).length;
    if (held < MAX_PER_USER) {
      this.arriving.add(call);
      call.upgrade?.socket.once('close', () => this.arriving.delete(call));
      return;
    }
    throw new Refusal(
      problem.rateLimited('request', `You have ${MAX_PER_USER} connections open. Close one first.`, {
        retryAfterMs: 1_000,
      }),
    );
  }

  /** Completes the upgrade. From here on the answer is the WebSocket; the call may not be answered any more. @throws ClientGoneError */
  async accept(call: HttpCall): Promise<OpenSocket> {
    const { upgrade, reply, request, caller } = call;
    if (!upgrade) throw new Error('only a request with an upgrade becomes a WebSocket');
    if (upgrade.socket.destroyed) throw new ClientGoneError();
    reply.hijack();
    this.upgrading.set(request.raw, call);
    reply.raw.detachSocket(upgrade.socket as Parameters<typeof reply.raw.detachSocket>[0]);
    const socket = await new Promise<OpenSocket>((resolve, reject) => {
      upgrade.socket.once('close', () => reject(new ClientGoneError()));
      this.server.handleUpgrade(request.raw, upgrade.socket, upgrade.head, (opened) =>
        resolve(new OpenSocket(opened, upgrade.socket, caller)),
      );
    });
    this.open.add(socket);
    this.arriving.delete(call);
    void socket.closed().then(() => this.open.delete(socket));
    this.logger.info('websocket opened', { requestId: call.id, path: call.path });
    if (caller) {
      const unwatch = this.credentials.watch(caller, () => socket.close(CloseCode.revoked));
      void socket.closed().then(unwatch);
    }
    if (this.stopping) socket.close(CloseCode.goingAway);
    return socket;
  }
}

/** What the answer of a call says beside the handshake, line by line: a 101 is an answer too. */
function ownHeaders(call: HttpCall | undefined): string[] {
  return Object.entries(call?.reply.getHeaders() ?? {})
    .filter(([name]) => name !== 'connection')
    .map(([name, value]) => `${name}: ${String(value)}`);
}
