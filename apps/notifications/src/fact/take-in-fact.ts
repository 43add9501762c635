// Owns what happens with a fact: one transaction, which it may share with others, stores the entry of the feed and the deliveries to
// webhooks; after the commit the entry is shown to whoever listens and the sender gets the deliveries. Both of these may be lost in a crash: a
// gateway sees the hole in the feed by `previousId` and asks, and the sender's clock finds what is due.
import { Injectable } from '@nestjs/common';
import type { Envelope, Event } from '@slipway/contracts';
import { Bus, feedSubject } from '@slipway/messaging';
import { Inbox, Transactions, type Tx } from '@slipway/persistence';

import { Endpoints } from '../delivery/endpoints.js';
import { SendDeliveries } from '../delivery/send-deliveries.js';
import { storeDeliveries, type StoredDelivery } from '../delivery/store-deliveries.js';
import { appendEntries, findEntry } from '../feed/append-entries.js';
import { toFeedEvent } from '../feed/feed.js';
import type { FeedEntryEntity } from '../feed/feed-entry.entity.js';
import { type AppEvent, type Fact, toFact } from './fact.js';
import { recordUrls } from './record-urls.js';

/** What was stored of a fact. */
interface TakenFact {
  readonly entry: FeedEntryEntity;
  readonly deliveries: readonly StoredDelivery[];
}

@Injectable()
export class TakeInFact {
  private readonly store: (event: Event<object>, envelope: Envelope, fact: Fact) => Promise<TakenFact | undefined>;

  constructor(
    inbox: Inbox,
    private readonly transactions: Transactions,
    private readonly endpoints: Endpoints,
    private readonly sender: SendDeliveries,
    private readonly bus: Bus,
  ) {
    this.store = inbox.together<Fact, TakenFact>((tx, facts) => this.storeAll(tx, facts));
  }

  async take<P extends AppEvent>(event: Event<P>, payload: P, envelope: Envelope): Promise<void> {
    const fact = toFact(event, payload, envelope.operationId, new Date(envelope.occurredAt ?? Date.now()));
    const taken = await this.store(event, envelope, fact);
    this.sender.send(taken?.deliveries ?? []);
    // A second delivery may mean that the process ended right after the commit: the entry is shown again, which readers notice.
    const entry = taken?.entry ?? (await this.transactions.read((reader) => findEntry(reader, fact)));
    if (entry) this.bus.emit(feedSubject(fact.app.ownerId), toFeedEvent(entry));
  }

  private async storeAll(tx: Tx, facts: readonly Fact[]): Promise<TakenFact[]> {
    const urls = await recordUrls(tx, facts);
    const subscribed = await this.endpoints.subscribed(tx, new Set(facts.map(({ app }) => app.ownerId)));
    const deliveries = await storeDeliveries(
      tx,
      facts.map((fact, index) => ({ fact, url: urls[index] ?? null, endpoints: subscribed(fact.app.ownerId) })),
      (endpoint, more) => this.sender.hasRoom(endpoint, more),
    );
    const entries = await appendEntries(tx, facts);
    return entries.map((entry, index) => ({ entry, deliveries: deliveries[index] ?? [] }));
  }
}
