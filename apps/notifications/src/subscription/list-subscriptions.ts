import { Controller } from '@nestjs/common';
import { type Envelope, listSubscriptions, Nothing, type SubscriptionList } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';

import { userIdOf } from '../caller.js';
import { SubscriptionEntity } from './subscription.entity.js';
import { toSubscriptionView } from './subscription.view.js';

@Controller()
export class ListSubscriptionsHandler {
  constructor(private readonly transactions: Transactions) {}

  /** The caller's own, oldest first. */
  @Handles(listSubscriptions)
  handle(_: Nothing, envelope: Envelope): Promise<SubscriptionList> {
    const userId = userIdOf(envelope);
    return this.transactions.read(async (reader) => {
      const order = { createdAt: 'asc', id: 'asc' } as const;
      const rows = await reader.getRepository(SubscriptionEntity).find({ where: { userId }, order });
      return { subscriptions: rows.map(toSubscriptionView) };
    });
  }
}
