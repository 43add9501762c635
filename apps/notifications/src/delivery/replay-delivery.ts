import { randomUUID } from 'node:crypto';

import { Controller } from '@nestjs/common';
import { DeliveryRef, type DeliveryView, type Envelope, problem, replayDelivery } from '@slipway/contracts';
import { Handles, Refusal } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { writerIdOf } from '../caller.js';
import { lockOwn, turnOf } from '../subscription/subscription.queries.js';
import { DeliveryEntity } from './delivery.entity.js';
import { findOwnDelivery } from './delivery.queries.js';
import { toDeliveryView } from './delivery.view.js';
import { SendDeliveries } from './send-deliveries.js';

@Controller()
export class ReplayDeliveryHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly sender: SendDeliveries,
  ) {}

  /** What was sent is sent again as it was, whatever became of it, with attempts of its own. */
  @Handles(replayDelivery)
  async handle(input: DeliveryRef, envelope: Envelope): Promise<DeliveryView> {
    const userId = writerIdOf(envelope);
    const view = await this.inbox.onceInTurn(turnOf(input.subscriptionId), replayDelivery, envelope, async (tx) => {
      const { active } = await lockOwn(tx, userId, input.subscriptionId);
      const {
        endpointId,
        ownerId,
        eventId,
        type,
        appId,
        body,
        id: replayOf,
      } = await findOwnDelivery(tx, userId, input);
      if (!active) {
        const text = 'The webhook is switched off, so nothing is sent to it. Switch it on first.';
        throw new Refusal(problem.conflict('subscription', text));
      }
      const id = randomUUID();
      const deliveries = tx.getRepository(DeliveryEntity);
      await deliveries.insert({
        ...{ id, endpointId, ownerId, eventId, replayOf, type, appId, body },
        status: 'pending',
        attempts: 0,
        attemptLog: [],
        // The database's clock decides what is due, so it also says when.
        nextAttemptAt: () => 'now()',
        createdAt: () => 'now()',
      });
      return toDeliveryView(await deliveries.findOneByOrFail({ id }));
    });
    this.sender.wake({ endpointId: input.subscriptionId, ownerId: userId });
    return view;
  }
}
