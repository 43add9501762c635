import type { DeliveryDetail, DeliveryView } from '@slipway/contracts';

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

export function toDeliveryDetail(row: DeliveryEntity): DeliveryDetail {
  return {
    delivery: toDeliveryView(row),
    payload: JSON.parse(row.body) as Record<string, unknown>,
    attemptLog: row.attemptLog.map((attempt) => ({ ...attempt })),
  };
}
