import type { NatsConnection, Subscription } from '@nats-io/nats-core';
import type { Logger } from '@slipway/runtime';

export interface LiveMessage {
  readonly subject: string;
  readonly payload: unknown;
}

export interface LiveOptions {
  /** How many messages may wait for a slow reader; default 1000. What comes beyond that is dropped. */
  readonly maxPending?: number;
  /** Told how many messages were dropped since it was last told, before the next message that is not. */
  readonly onDropped?: (count: number) => void;
}

const MAX_PENDING = 1_000;

/** Reads a live subject in order, one message at a time. */
export class LiveSubscription {
  private readonly subscription: Subscription;
  private readonly pending: LiveMessage[] = [];
  private dropped = 0;
  private busy = false;

  constructor(
    connection: NatsConnection,
    subject: string,
    private readonly onMessage: (message: LiveMessage) => void | Promise<void>,
    private readonly options: LiveOptions,
    private readonly logger: Logger,
  ) {
    const maxPending = options.maxPending ?? MAX_PENDING;
    this.subscription = connection.subscribe(subject, {
      callback: (error, message) => {
        if (error) {
          logger.error('a live subscription ended', { err: error, subject });
          return;
        }
        if (this.pending.length >= maxPending) {
          this.dropped += 1;
          return;
        }
        const payload = parse(message.data);
        if (payload !== undefined) this.pending.push({ subject: message.subject, payload });
        if (!this.busy) void this.drain();
      },
    });
  }

  /** What still waits is dropped. */
  unsubscribe(): void {
    this.pending.length = 0;
    if (!this.subscription.isClosed()) this.subscription.unsubscribe();
  }

  private async drain(): Promise<void> {
    this.busy = true;
    for (let message = this.pending.shift(); message; message = this.pending.shift()) {
      try {
        await this.onMessage(message);
        if (this.dropped > 0) {
          const count = this.dropped;
          this.dropped = 0;
          this.options.onDropped?.(count);
        }
      } catch (error) {
        this.logger.error('a live message could not be handled', { err: error, subject: message.subject });
      }
    }
    this.busy = false;
  }
}

// What others publish on a subject may be anything; a message that is no JSON is nobody's.
function parse(data: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(data).toString());
  } catch {
    return undefined;
  }
}
