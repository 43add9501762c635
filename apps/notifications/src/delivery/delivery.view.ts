import type { DeliveryView } from '@slipway/contracts';

import type { DeliveryEntity } from './delivery.entity.js';

export function toDeliveryView(row: DeliveryEntity): DeliveryView {
  return {
    id: row.id,
    eventId: row.eventId,
    type: row.type,
    appId: row.appId,
    status: row.status,
    attempts: row.attempts,
    lastStatusCode: row.lastStatusCode,
    lastError: row.lastError,
    nextAttemptAt: row.nextAttemptAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    deliveredAt: row.deliveredAt?.toISOString() ?? null,
  };
}
