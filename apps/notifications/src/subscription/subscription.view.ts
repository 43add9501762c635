import type { SubscriptionView } from '@slipway/contracts';

import type { SubscriptionEntity } from './subscription.entity.js';

export function toSubscriptionView(row: SubscriptionEntity): SubscriptionView {
  return {
    id: row.id,
    name: row.name,
    url: row.url,
    active: row.active,
    types: row.types,
    disabledReason: row.disabledReason,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
