import { randomUUID } from 'node:crypto';

import type { Tx } from '@slipway/persistence';

import type { Fact } from '../fact/fact.js';
import { DeliveryEntity } from './delivery.entity.js';
import type { OwnedEndpoint, SubscribedEndpoint } from './endpoints.js';
import { bodyOf, webhookIdOf, webhookTypesOf } from './webhook.js';

/** Stores what each endpoint is to be told of a fact, due at once, and returns the endpoints that have something new. */
export async function storeDeliveries(
  tx: Tx,
  fact: Fact,
  url: string | null,
  endpoints: readonly SubscribedEndpoint[],
): Promise<readonly OwnedEndpoint[]> {
  const messages = webhookTypesOf(fact).map((type, index) => ({
    type,
    eventId: webhookIdOf(fact.eventId, type, index === 0),
    body: bodyOf(fact, type, url),
  }));
  const wanted = endpoints.flatMap(({ endpointId, ownerId, types }) =>
    messages.filter(({ type }) => types.includes(type)).map((message) => ({ ...message, endpointId, ownerId })),
  );
  if (wanted.length === 0) return [];
  await tx
    .getRepository(DeliveryEntity)
    .createQueryBuilder()
    .insert()
    .values(
      wanted.map((delivery) => ({
        id: randomUUID(),
        ...delivery,
        appId: fact.app.id,
        status: 'pending' as const,
        attempts: 0,
        attemptLog: [],
        // The database's clock decides what is due, so it also says when.
        nextAttemptAt: () => 'now()',
        createdAt: () => 'now()',
      })),
    )
    // An event from longer ago than the inbox remembers is told once all the same.
    .orIgnore()
    .execute();
  return endpoints.filter((endpoint) => wanted.some(({ endpointId }) => endpointId === endpoint.endpointId));
}
