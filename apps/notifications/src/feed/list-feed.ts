import { Controller } from '@nestjs/common';
import { type Envelope, type FeedPage, listFeed, ListFeed } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';
import { MoreThan } from 'typeorm';

import { userIdOf } from '../caller.js';
import { FeedEntryEntity } from './feed-entry.entity.js';
import { FeedEntity } from './feed.entity.js';
import { hasGap, toFeedEvent, toNumber } from './feed.js';

@Controller()
export class ListFeedHandler {
  constructor(private readonly transactions: Transactions) {}

  @Handles(listFeed)
  handle({ afterId, limit }: ListFeed, envelope: Envelope): Promise<FeedPage> {
    const userId = userIdOf(envelope);
    return this.transactions.read(async (reader) => {
      const newestId = (await reader.getRepository(FeedEntity).findOneBy({ userId }))?.lastId ?? null;
      if (afterId == null) return { events: [], gap: false, newestId };
      const after = toNumber(afterId);
      if (after === undefined) return { events: [], gap: true, newestId };
      const entries = await reader.getRepository(FeedEntryEntity).find({
        where: { userId, id: MoreThan(afterId) },
        order: { id: 'asc' },
        take: limit,
      });
      const [first] = entries;
      return {
        events: entries.map(toFeedEvent),
        gap: hasGap(after, first && Number(first.id), Number(newestId ?? 0)),
        newestId,
      };
    });
  }
}
