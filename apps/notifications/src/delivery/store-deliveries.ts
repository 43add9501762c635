import { randomUUID } from 'node:crypto';

import type { Tx } from '@slipway/persistence';

import type { Fact } from '../fact/fact.js';
import type { OwnedEndpoint, SubscribedEndpoint } from './endpoints.js';
import { bodyOf, webhookIdOf, webhookTypesOf } from './webhook.js';

/** A fact, the address of its App, and who may want to hear of it. */
export interface Told {
  readonly fact: Fact;
  readonly url: string | null;
  readonly endpoints: readonly SubscribedEndpoint[];
}

/** Stores what each endpoint is to be told, due at once, and returns for each fact the endpoints that hear of it. */
export async function storeDeliveries(tx: Tx, told: readonly Told[]): Promise<readonly (readonly OwnedEndpoint[])[]> {
  const deliveries = told.map(deliveriesOf);
  if (deliveries.every(({ length }) => length === 0)) return deliveries;
  // The database's clock decides what is due, so it also says when. An event from longer ago than the inbox remembers is told once all the same.
  await tx.manager.query(
    `insert into "delivery" ("id", "endpointId", "ownerId", "eventId", "type", "appId", "body", "status", "attempts", "attemptLog", "nextAttemptAt", "createdAt")
     select "id", "endpointId", "ownerId", "eventId", "type", "appId", "body", 'pending', 0, '[]', now(), now()
       from json_populate_recordset(null::"delivery", $1)
     on conflict do nothing`,
    [JSON.stringify(deliveries.flat())],
  );
  return deliveries;
}

function deliveriesOf({ fact, url, endpoints }: Told) {
  const messages = webhookTypesOf(fact).map((type, index) => ({
    type,
    eventId: webhookIdOf(fact.eventId, type, index === 0),
    appId: fact.app.id,
    body: bodyOf(fact, type, url),
  }));
  return endpoints.flatMap(({ endpointId, ownerId, types }) =>
    messages
      .filter(({ type }) => types.includes(type))
      .map((message) => ({ id: randomUUID(), endpointId, ownerId, ...message })),
  );
}
