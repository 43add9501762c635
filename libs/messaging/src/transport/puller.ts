// Owns asking the broker for messages: never more than this process can start, so that none waits here while another replica is idle.
import type { Consumer, ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import { millis, nanos } from '@nats-io/nats-core';
import type { Logger } from '@slipway/runtime';
import { setTimeout as delay } from 'node:timers/promises';

import type { Broker } from '../broker/broker.js';
import { durableOf, type Stream } from '../subjects.js';
import { giveBack } from './settle.js';

export interface PullerOptions {
  readonly broker: Broker;
  readonly stream: Stream;
  readonly service: string;
  readonly limit: number;
  readonly logger: Logger;
  /** Settles the message. Its promise resolves when that is done and never rejects. */
  readonly onMessage: (message: JsMsg) => Promise<void>;
}

const PULL_EXPIRES_MS = 30_000;
const RETRY_MS = 500;
const DEFAULT_ACK_WAIT = nanos(30_000);
// A handler that hangs is not kept alive for ever: then the message comes again, here or elsewhere.
const LONGEST_RUN_MS = 10 * 60_000;

export class Puller {
  private readonly inFlight = new Map<JsMsg, number>();
  private readonly stopping = new AbortController();
  private batch: ConsumerMessages | undefined;
  private room: (() => void) | undefined;
  private heartbeat: NodeJS.Timeout | undefined;
  private loop: Promise<void> = Promise.resolve();
  private lastFault = '';

  constructor(private readonly options: PullerOptions) {}

  start(): void {
    this.loop = this.pull();
  }

  /** Asks for no more, waits for what runs. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.batch?.stop();
    this.room?.();
    await this.loop;
    while (this.inFlight.size > 0) await new Promise<void>((settled) => (this.room = settled));
    clearInterval(this.heartbeat);
  }

  private async pull(): Promise<void> {
    const { limit } = this.options;
    let consumer: Consumer | undefined;
    while (!this.stopping.signal.aborted) {
      if (this.inFlight.size >= limit) {
        await new Promise<void>((settled) => (this.room = settled));
        continue;
      }
      try {
        consumer ??= await this.open();
        this.batch = await consumer.fetch({
          max_messages: limit - this.inFlight.size,
          expires: PULL_EXPIRES_MS,
          bind: true,
        });
        if (this.stopping.signal.aborted) this.batch.stop();
        this.lastFault = '';
        for await (const message of this.batch) this.take(message);
      } catch (error) {
        consumer = undefined;
        this.tell(error);
        await delay(RETRY_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      }
    }
  }

  private async open(): Promise<Consumer> {
    const { broker, stream, service } = this.options;
    const consumer = await broker.jetstream.consumers.get(stream, durableOf(service));
    const { config } = await consumer.info(true);
    clearInterval(this.heartbeat);
    this.heartbeat = setInterval(() => this.keepAlive(), millis(config.ack_wait ?? DEFAULT_ACK_WAIT) / 3);
    return consumer;
  }

  private take(message: JsMsg): void {
    if (this.stopping.signal.aborted) {
      giveBack(message);
      return;
    }
    this.inFlight.set(message, Date.now());
    void this.options.onMessage(message).then(() => {
      this.inFlight.delete(message);
      this.room?.();
    });
  }

  private keepAlive(): void {
    const oldest = Date.now() - LONGEST_RUN_MS;
    for (const [message, since] of this.inFlight) if (since > oldest) message.working();
  }

  // The same fault is told once, not twice a second.
  private tell(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    if (text === this.lastFault || this.stopping.signal.aborted) return;
    this.lastFault = text;
    this.options.logger.warn('messages cannot be pulled at the moment', { err: error, stream: this.options.stream });
  }
}
