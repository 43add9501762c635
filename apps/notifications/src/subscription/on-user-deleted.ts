import { Controller } from '@nestjs/common';
import { type Envelope, userDeleted, type UserFact } from '@slipway/contracts';
import { On } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { DeliveryEntity } from '../delivery/delivery.entity.js';
import { FeedEntryEntity } from '../feed/feed-entry.entity.js';
import { FeedEntity } from '../feed/feed.entity.js';
import { MailAddressEntity } from '../mail/mail-address.entity.js';
import { SubscriptionEntity } from './subscription.entity.js';

@Controller()
export class OnUserDeleted {
  constructor(private readonly inbox: Inbox) {}

  /** Whatever was the user's alone: nobody could read it, or turn a webhook off, any more. */
  @On(userDeleted)
  handle({ userId }: UserFact, envelope: Envelope): Promise<void> {
    return this.inbox.once(userDeleted, envelope, async (tx) => {
      await tx.getRepository(SubscriptionEntity).delete({ userId });
      await tx.getRepository(DeliveryEntity).delete({ ownerId: userId });
      await tx.getRepository(FeedEntryEntity).delete({ userId });
      await tx.getRepository(FeedEntity).delete({ userId });
      await tx.getRepository(MailAddressEntity).delete({ userId });
    });
  }
}
