import type { SubscriptionId } from '@slipway/contracts';
import type { Tx } from '@slipway/persistence';

import { DeliveryEntity } from './delivery.entity.js';

/** Gives up what has not been delivered to an endpoint yet. */
export async function endPending(tx: Tx, endpointId: SubscriptionId, lastError: string): Promise<void> {
  await tx
    .getRepository(DeliveryEntity)
    .update({ endpointId, status: 'pending' }, { status: 'failed', lastError, nextAttemptAt: null });
}
