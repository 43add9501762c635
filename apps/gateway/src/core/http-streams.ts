// Answers that do not end by themselves: events and lines over plain HTTP. A slow reader costs a bounded buffer, then lines, or its stream
// where nothing may be lost.
import { Readable } from 'node:stream';

import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { problem } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import { failpoint } from '@slipway/runtime';

import { CredentialWatch } from './credential-watch.js';
import type { HttpCall } from './http-call.js';

const MAX_BUFFERED_BYTES = 1024 * 1024;
const SILENCE_MS = 25_000;
const MAX_PER_USER = 50;
/** How long a reader may take for what waits for it before the connection is cut. */
const FINISH_WITHIN_MS = 2_000;
/** How long a reader may take nothing of an answer that is complete. */
const STALLED_MS = 10_000;

export interface HttpStreamOptions {
  /** Sent after 25 s of silence, so that no proxy takes the connection for dead. */
  readonly keepAlive: string;
  /** What a reader gets that was too slow for so many chunks. Without it none may be lost: the stream of such a reader ends. */
  readonly lost?: (count: number) => string;
}

/** Chunks of text for one reader. */
export class HttpStream extends Readable {
  private lost = 0;
  private finished = false;
  private waiting: (() => void)[] = [];
  private readonly timer: NodeJS.Timeout;

  constructor(
    readonly call: HttpCall,
    private readonly options: HttpStreamOptions,
  ) {
    super();
    this.timer = setInterval(() => this.push(options.keepAlive), SILENCE_MS);
    this.once('close', () => {
      clearInterval(this.timer);
      this.tellReady();
    });
  }

  /** Sends a chunk. While the reader is too slow it counts as lost, or ends the stream. */
  offer(chunk: string): void {
    if (this.finished || this.destroyed) return;
    if (this.readableLength > MAX_BUFFERED_BYTES) {
      if (this.options.lost) this.lost += 1;
      else this.cut();
      return;
    }
    this.tellLost();
    this.timer.refresh();
    this.push(chunk);
    void failpoint('gateway.stream.after-first-frame');
  }

  /** Sends a notice, however much waits: where there is one is part of what it says. */
  tell(notice: string): void {
    if (this.finished || this.destroyed) return;
    this.tellLost();
    this.push(notice);
  }

  /** So many chunks were lost on the way here. */
  lose(count: number): void {
    this.lost += count;
    if (this.readableLength <= MAX_BUFFERED_BYTES) this.tellLost();
  }

  /** Resolves when what waits leaves room for more, or the connection has ended. */
  ready(): Promise<void> {
    return this.isReady ? Promise.resolve() : new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Ends the answer after what was offered, for a reader who goes on taking it. */
  finish(): void {
    if (this.finished || this.destroyed) return;
    this.tellLost();
    this.finished = true;
    clearInterval(this.timer);
    this.push(null);
    const { raw: response } = this.call.reply;
    response.setTimeout(STALLED_MS, () => response.destroy());
  }

  /** Ends the answer, and with it the connection, whether the reader takes what still waits or not. */
  cut(): void {
    this.finish();
    // While it is still being prepared nobody takes anything of it: who gets it then, gets its end.
    if (this.destroyed || this.readableFlowing === null) return;
    const timer = setTimeout(() => this.destroy(), FINISH_WITHIN_MS);
    this.once('close', () => clearTimeout(timer));
  }

  override _read(): void {
    // A reader learns at once that its stream stands, not with the first line.
    const response = this.call.reply.raw;
    if (!response.headersSent) response.flushHeaders();
    if (this.readableLength < MAX_BUFFERED_BYTES / 2) this.tellLost();
    // Asked for more with the last chunk still counted, and not asked again before there is more.
    this.tellReady();
  }

  private get isReady(): boolean {
    return this.destroyed || this.readableLength <= MAX_BUFFERED_BYTES / 2;
  }

  private tellReady(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private tellLost(): void {
    if (this.lost === 0 || this.finished || !this.options.lost) return;
    const count = this.lost;
    this.lost = 0;
    this.push(this.options.lost(count));
  }
}

@Injectable()
export class HttpStreams implements OnModuleDestroy {
  private readonly open = new Set<HttpStream>();
  private stopping = false;

  constructor(private readonly credentials: CredentialWatch) {}

  onModuleDestroy(): void {
    this.stopping = true;
    for (const stream of this.open) stream.cut();
  }

  /**
   * The body of an answer to this call. It ends with the credential, with the gateway, or when the reader goes. To be started before
   * anything is prepared for it, or many at once would pass.
   * @throws Refusal for a user who has as many as may be
   */
  start(call: HttpCall, options: HttpStreamOptions): HttpStream {
    this.assertRoom(call);
    const stream = new HttpStream(call, options);
    call.set('Connection', 'close');
    this.open.add(stream);
    const unwatch = call.caller && this.credentials.watch(call.caller, () => stream.cut());
    stream.once('close', () => {
      this.open.delete(stream);
      unwatch?.();
    });
    if (this.stopping) stream.cut();
    return stream;
  }

  private assertRoom(call: HttpCall): void {
    const { userId } = call.actor;
    const held = [...this.open].filter((stream) => stream.call.caller?.actor.userId === userId).length;
    if (held < MAX_PER_USER) return;
    throw new Refusal(
      problem.rateLimited('request', `You read ${MAX_PER_USER} streams at once. Close one first.`, {
        retryAfterMs: 1_000,
      }),
    );
  }
}
