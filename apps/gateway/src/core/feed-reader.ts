// One reader of one user's feed: what happened after an id it knows, then what happens, without a gap and without a double. The live
// subject may lose messages; each entry names the one before it, so a hole is seen and filled from what notifications has stored.
import { Injectable } from '@nestjs/common';
import { listFeed, type FeedEvent, type FeedPage } from '@slipway/contracts';
import { feedSubject } from '@slipway/messaging';

import { CoreClient, isUnavailable } from './core-client.js';
import type { HttpCall } from './http-call.js';
import { LiveSubjects, spread } from './live-subjects.js';
import { ReaderRegister } from './reader-register.js';

const PAGE = 500;
/** What waits while the past is read; beyond it nothing waits, and what came is read as the past as well. */
const MAX_PENDING = 500;
const ID_LENGTH = 20;
const RETRY_MS = 1_000;
/** Stands before the first entry of a feed. */
const BEFORE_ALL = '0';

export interface FeedSink {
  event(event: FeedEvent): void;
  /** What came after the id is not known any more, at least in part. */
  gap(): void;
  /** Resolves when the reader takes more. The past waits for it, however much there is; what happens now does not. */
  ready(): Promise<void>;
  /** The feed cannot be continued; the reader may come again with its last id. */
  failed(error: unknown): void;
}

@Injectable()
export class FeedReader {
  constructor(
    private readonly core: CoreClient,
    private readonly live: LiveSubjects,
    private readonly register: ReaderRegister,
  ) {}

  /**
   * Opens the feed of the caller: once this resolves, nothing that happens is missed. `afterId`: the last entry that the reader has
   * seen; without it, the feed begins now.
   * @throws Refusal when notifications is away
   */
  async open(call: HttpCall, afterId?: string): Promise<Feed> {
    const known = afterId !== undefined && afterId.length <= ID_LENGTH ? afterId : undefined;
    const ask = (after?: string): Promise<FeedPage> =>
      this.core.query(call, listFeed, after === undefined ? { limit: 1 } : { afterId: after, limit: PAGE });
    const feed = new Feed(ask, afterId !== undefined && known === undefined);
    const { userId } = call.actor;
    const stopListening = this.live.listen(feedSubject(userId), {
      onMessage: (payload) => feed.receive(payload as FeedEvent),
      onReconnect: () => void setTimeout(() => feed.catchUp(), spread()),
    });
    const leave = this.register.enter(userId);
    feed.onClose = () => {
      stopListening();
      leave();
    };
    try {
      await feed.begin(known);
    } catch (error) {
      feed.close();
      throw error;
    }
    return feed;
  }
}

export class Feed {
  onClose: () => void = () => undefined;
  private pending: FeedEvent[] = [];
  private sink: FeedSink | undefined;
  /** The last entry that the reader has. */
  private cursor = BEFORE_ALL;
  private first: FeedPage | undefined;
  private mayHaveMissed = false;
  private retry: NodeJS.Timeout | undefined;
  private busy = false;
  private closed = false;

  /** `isUnknown`: the reader named an id that no feed can have. */
  constructor(
    private readonly ask: (afterId?: string) => Promise<FeedPage>,
    private readonly isUnknown: boolean,
  ) {}

  async begin(afterId: string | undefined): Promise<void> {
    const page = await this.ask(afterId);
    if (afterId === undefined) this.cursor = page.newestId ?? BEFORE_ALL;
    else {
      this.cursor = afterId;
      this.first = page;
    }
  }

  /** Hands the reader what it has missed, then what comes. To be called once. */
  start(sink: FeedSink): void {
    this.sink = sink;
    if (this.isUnknown) sink.gap();
    void this.pump();
  }

  receive(event: FeedEvent): void {
    if (this.closed) return;
    if (this.isNext(event)) return this.handNow(event);
    this.pending.push(event);
    if (this.pending.length > MAX_PENDING) {
      this.pending = [];
      this.mayHaveMissed = true;
    }
    if (this.sink && !this.busy) void this.pump();
  }

  // What most events are: nothing waits before them.
  private isNext(event: FeedEvent): boolean {
    if (!this.sink || this.busy || this.mayHaveMissed || this.pending.length > 0) return false;
    return (event.previousId ?? BEFORE_ALL) === this.cursor;
  }

  private handNow(event: FeedEvent): void {
    try {
      this.hand(event);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Reads what may have been missed without a trace, as after a lost connection. */
  catchUp(): void {
    this.mayHaveMissed = true;
    if (this.sink && !this.busy && !this.closed) void this.pump();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.retry);
    this.pending = [];
    this.onClose();
  }

  private async pump(): Promise<void> {
    this.busy = true;
    try {
      if (this.first) {
        const page = this.first;
        this.first = undefined;
        await this.replay(page);
      }
      while (!this.closed) {
        if (this.mayHaveMissed) {
          this.mayHaveMissed = false;
          const page = await this.askAfterReconnect();
          if (!page) return;
          await this.replay(page);
          continue;
        }
        const event = this.pending.shift();
        if (!event) return;
        await this.pass(event);
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.busy = false;
    }
  }

  // Notifications comes back a moment after the broker. What arrives meanwhile waits.
  private async askAfterReconnect(): Promise<FeedPage | undefined> {
    try {
      return await this.ask(this.cursor);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      this.mayHaveMissed = true;
      clearTimeout(this.retry);
      if (!this.closed) this.retry = setTimeout(() => this.catchUp(), RETRY_MS);
      return undefined;
    }
  }

  private async pass(event: FeedEvent): Promise<void> {
    if (!this.isAhead(event)) return;
    if ((event.previousId ?? BEFORE_ALL) !== this.cursor) await this.replay(await this.ask(this.cursor));
    this.hand(event);
  }

  private async replay(first: FeedPage): Promise<void> {
    for (let page = first; ;) {
      if (page.gap) this.sink?.gap();
      for (const event of page.events) {
        await this.sink?.ready();
        this.hand(event);
      }
      const last = page.events.at(-1);
      if (this.closed || !last || page.events.length < PAGE) {
        // Of a feed that was forgotten in whole nothing is left to count from but its newest id.
        if (page.gap && !last) this.cursor = page.newestId ?? BEFORE_ALL;
        return;
      }
      page = await this.ask(last.id);
    }
  }

  // The one way of every entry to its reader, stored or live. A feed holds what happened to the Apps of its user, and an App never changes
  // hands: what a user may see ends with the credential alone, which closes the stream (CredentialWatch).
  private hand(event: FeedEvent): void {
    if (this.closed || !this.isAhead(event)) return;
    this.cursor = event.id;
    this.sink?.event(event);
  }

  private isAhead(event: FeedEvent): boolean {
    return compareIds(event.id, this.cursor) > 0;
  }

  private fail(error: unknown): void {
    if (this.closed) return;
    this.close();
    this.sink?.failed(error);
  }
}

/** Ids of a feed are opaque but ordered: decimal numbers without leading zeros. */
export function compareIds(one: string, other: string): number {
  if (one.length !== other.length) return one.length - other.length;
  return one < other ? -1 : one > other ? 1 : 0;
}
