import { createInbox, type Msg, type Subscription } from '@nats-io/nats-core';

import type { Broker } from '../broker/broker.js';
import { inboxPrefixOf } from '../subjects.js';
import { hasMore, take } from '../wire/parts.js';
import { decodeReply, type Reply } from '../wire/reply.js';

export class NoReplyInTime extends Error {
  override readonly name = 'NoReplyInTime';
}

/** The broker's own answer where nobody is subscribed to a subject. */
export class NobodyListens extends Error {
  override readonly name = 'NobodyListens';
}

/** https://docs.nats.io/reference/reference-protocols/nats-protocol: a message without responders. */
const NO_RESPONDERS = 503;

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
  readonly parts: Uint8Array[];
}

/** One wildcard subscription per process for the answers to commands and queries, told apart by a token. */
export class ReplyInbox {
  private readonly subject: string;
  private readonly waiting = new Map<string, Waiting>();
  private subscription: Subscription | undefined;

  constructor(
    private readonly broker: Broker,
    service: string,
  ) {
    this.subject = createInbox(inboxPrefixOf(service));
  }

  replyTo(token: string): string {
    this.subscription ??= this.broker.connection.subscribe(`${this.subject}.*`, {
      callback: (error, message) => {
        if (!error) this.receive(message);
      },
    });
    return `${this.subject}.${token}`;
  }

  /** The answer that comes to `replyTo(token)`. @throws NoReplyInTime after `timeoutMs`; NobodyListens; what `decodeReply` throws */
  expect(token: string, timeoutMs: number): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.forget(token);
        reject(new NoReplyInTime(`no answer within ${timeoutMs} ms`));
      }, timeoutMs);
      this.waiting.set(token, { resolve, reject, timer, parts: [] });
    });
  }

  /** The answer is not waited for any more: the promise of `expect` stays pending. */
  forget(token: string): void {
    clearTimeout(this.waiting.get(token)?.timer);
    this.waiting.delete(token);
  }

  private receive(message: Msg): void {
    const token = message.subject.slice(this.subject.length + 1);
    const waiting = this.waiting.get(token);
    if (!waiting) return;
    waiting.parts.push(message.data);
    if (hasMore(message)) return take(message);
    this.forget(token);
    if (message.headers?.code === NO_RESPONDERS) return waiting.reject(new NobodyListens('nobody listens'));
    try {
      waiting.resolve(decodeReply(waiting.parts));
    } catch (error) {
      waiting.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
