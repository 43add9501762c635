import { Controller } from '@nestjs/common';
import { type DeliveryPage, type Envelope, listDeliveries, ListDeliveries } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';

import { userIdOf } from '../caller.js';
import { findOwn } from '../subscription/subscription.queries.js';
import { DeliveryEntity } from './delivery.entity.js';
import { toDeliveryView } from './delivery.view.js';

@Controller()
export class ListDeliveriesHandler {
  constructor(private readonly transactions: Transactions) {}

  /** Those of one of the caller's subscriptions, newest first. */
  @Handles(listDeliveries)
  handle({ subscriptionId, status, page, limit }: ListDeliveries, envelope: Envelope): Promise<DeliveryPage> {
    const userId = userIdOf(envelope);
    return this.transactions.read(async (reader) => {
      const { id: endpointId } = await findOwn(reader, userId, subscriptionId);
      const [rows, total] = await reader.getRepository(DeliveryEntity).findAndCount({
        where: { endpointId, ...(status != null && { status }) },
        order: { createdAt: 'desc', id: 'desc' },
        skip: (page - 1) * limit,
        take: limit,
      });
      return { deliveries: rows.map(toDeliveryView), total };
    });
  }
}
