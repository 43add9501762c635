import { Controller } from '@nestjs/common';
import { type DeliveryDetail, DeliveryRef, type Envelope, getDelivery } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';

import { userIdOf } from '../caller.js';
import { findOwnDelivery } from './delivery.queries.js';
import { toDeliveryDetail } from './delivery.view.js';

@Controller()
export class GetDeliveryHandler {
  constructor(private readonly transactions: Transactions) {}

  @Handles(getDelivery)
  handle(input: DeliveryRef, envelope: Envelope): Promise<DeliveryDetail> {
    const userId = userIdOf(envelope);
    return this.transactions.read(async (reader) => toDeliveryDetail(await findOwnDelivery(reader, userId, input)));
  }
}
