import { type DeliveryRef, problem, type UserId } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import type { Reader } from '@slipway/persistence';

import { findOwn } from '../subscription/subscription.queries.js';
import { DeliveryEntity } from './delivery.entity.js';

/** @throws Refusal `not_found` for a subscription that is not the caller's, or a delivery that is not to it */
export async function findOwnDelivery(
  reader: Reader,
  userId: UserId,
  { subscriptionId, id }: DeliveryRef,
): Promise<DeliveryEntity> {
  const { id: endpointId } = await findOwn(reader, userId, subscriptionId);
  const row = await reader.getRepository(DeliveryEntity).findOneBy({ id, endpointId });
  if (!row) throw new Refusal(problem.notFound('delivery', `There is no delivery ${id} to this subscription.`));
  return row;
}
