import { Controller } from '@nestjs/common';
import { deleteSubscription, type Envelope, SubscriptionRef } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { writerIdOf } from '../caller.js';
import { DeliveryEntity } from '../delivery/delivery.entity.js';
import { SubscriptionEntity } from './subscription.entity.js';
import { lockOwn, turnOf } from './subscription.queries.js';

@Controller()
export class DeleteSubscriptionHandler {
  constructor(private readonly inbox: Inbox) {}

  /** What was sent to it, and what was to be, goes too. */
  @Handles(deleteSubscription)
  handle({ id }: SubscriptionRef, envelope: Envelope): Promise<void> {
    const userId = writerIdOf(envelope);
    return this.inbox.onceInTurn(turnOf(id), deleteSubscription, envelope, async (tx) => {
      const { id: endpointId } = await lockOwn(tx, userId, id);
      await tx.getRepository(SubscriptionEntity).delete({ id: endpointId });
      await tx.getRepository(DeliveryEntity).delete({ endpointId });
    });
  }
}
