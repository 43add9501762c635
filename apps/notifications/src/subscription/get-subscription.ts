import { Controller } from '@nestjs/common';
import { type Envelope, getSubscription, SubscriptionRef, type SubscriptionView } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';

import { userIdOf } from '../caller.js';
import { findOwn } from './subscription.queries.js';
import { toSubscriptionView } from './subscription.view.js';

@Controller()
export class GetSubscriptionHandler {
  constructor(private readonly transactions: Transactions) {}

  @Handles(getSubscription)
  handle({ id }: SubscriptionRef, envelope: Envelope): Promise<SubscriptionView> {
    const userId = userIdOf(envelope);
    return this.transactions.read(async (reader) => toSubscriptionView(await findOwn(reader, userId, id)));
  }
}
