// Owns what a round must bring: every reader each message once, in order where order is promised, or the round is wrong.
import { setTimeout as delay } from 'node:timers/promises';

import { now } from './clock.js';
import { Latencies } from './latencies.js';
import { readMark } from './mark.js';

export interface ExpectedMessages {
  readonly readers: number;
  /** So many to each reader. */
  readonly messages: number;
  /** So many at the beginning are checked and not counted. */
  readonly warmUp?: number;
  /** Default: messages come in the order in which they were sent. */
  readonly anyOrder?: boolean;
}

export class Expected {
  readonly latencies = new Latencies();
  /** When the last message came. */
  lastAt = 0;
  private readonly next: number[];
  private readonly seen = new Set<number>();
  private read = 0;
  private wrong: string | undefined;

  constructor(private readonly options: ExpectedMessages) {
    this.next = Array.from({ length: options.readers }, () => 0);
  }

  take(reader: number, message: Buffer): void {
    const at = now();
    const mark = readMark(message);
    if (!mark) {
      this.wrong ??= `reader ${reader} got ${message.toString('utf8', 0, 200)}`;
      return;
    }
    const { index, planned } = mark;
    this.check(reader, index);
    this.read += 1;
    this.lastAt = at;
    if (index >= (this.options.warmUp ?? 0)) this.latencies.record(at - planned);
  }

  /** Resolves when every reader has every message. @throws Error for one that is missing, repeated or out of order */
  async complete(withinMs: number): Promise<void> {
    const wanted = this.options.messages * this.options.readers;
    for (const until = now() + withinMs; this.read < wanted && now() < until;) await delay(5);
    if (this.wrong !== undefined) throw new Error(this.wrong);
    if (this.read !== wanted) throw new Error(`${wanted - this.read} of ${wanted} messages did not come`);
  }

  private check(reader: number, index: number): void {
    if (this.options.anyOrder) {
      const key = reader * this.options.messages + index;
      if (this.seen.has(key) || index >= this.options.messages)
        this.wrong ??= `reader ${reader} got message ${index} again`;
      this.seen.add(key);
      return;
    }
    const expected = this.next[reader] ?? 0;
    if (index !== expected) this.wrong ??= `reader ${reader} got message ${index} instead of ${expected}`;
    this.next[reader] = index + 1;
  }
}
