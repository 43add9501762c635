// Owns what happens with a fact: one transaction stores the entry of the feed and the deliveries to webhooks; after the commit the entry
// is shown to whoever listens and the sender is woken. Both of these may be lost in a crash: a gateway sees the hole in the feed by
// `previousId` and asks, and the sender's clock finds what is due.
import { Injectable } from '@nestjs/common';
import type { Envelope, Event } from '@slipway/contracts';
import { Bus, feedSubject } from '@slipway/messaging';
import { Inbox, Transactions } from '@slipway/persistence';

import { Endpoints, type OwnedEndpoint } from '../delivery/endpoints.js';
import { SendDeliveries } from '../delivery/send-deliveries.js';
import { storeDeliveries } from '../delivery/store-deliveries.js';
import { appendEntry, findEntry } from '../feed/append-entry.js';
import { toFeedEvent } from '../feed/feed.js';
import type { FeedEntryEntity } from '../feed/feed-entry.entity.js';
import { type AppEvent, toFact } from './fact.js';
import { recordUrl } from './record-url.js';
import { Turns } from './turns.js';

@Injectable()
export class TakeInFact {
  private readonly turns = new Turns();

  constructor(
    private readonly inbox: Inbox,
    private readonly transactions: Transactions,
    private readonly endpoints: Endpoints,
    private readonly sender: SendDeliveries,
    private readonly bus: Bus,
  ) {}

  take<P extends AppEvent>(event: Event<P>, payload: P, envelope: Envelope): Promise<void> {
    const fact = toFact(event, payload, envelope.operationId, new Date(envelope.occurredAt ?? Date.now()));
    const { ownerId } = fact.app;
    return this.turns.run(ownerId, async () => {
      const taken: { entry?: FeedEntryEntity | null; endpoints: readonly OwnedEndpoint[] } = { endpoints: [] };
      await this.inbox.once(event, envelope, async (tx) => {
        const url = await recordUrl(tx, fact);
        taken.endpoints = await storeDeliveries(tx, fact, url, await this.endpoints.subscribed(tx, ownerId));
        taken.entry = await appendEntry(tx, fact);
      });
      // A second delivery may mean that the process ended right after the commit: the entry is shown again, which readers notice.
      taken.entry ??= await this.transactions.read((reader) => findEntry(reader, fact));
      if (taken.entry) this.bus.emit(feedSubject(ownerId), toFeedEvent(taken.entry));
      for (const endpoint of taken.endpoints) this.sender.wake(endpoint);
    });
  }
}
