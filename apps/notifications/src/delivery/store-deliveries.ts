import { randomUUID } from 'node:crypto';

import type { UserId } from '@slipway/contracts';
import type { Tx } from '@slipway/persistence';

import type { Fact } from '../fact/fact.js';
import { type ClaimedDelivery, HELD_FOR } from './claim-deliveries.js';
import type { OwnedEndpoint, SubscribedEndpoint, Target } from './endpoints.js';
import { bodyOf, webhookIdOf, webhookTypesOf } from './webhook.js';

/** A fact, the address of its App, and who may want to hear of it. */
export interface Told {
  readonly fact: Fact;
  readonly url: string | null;
  readonly endpoints: readonly SubscribedEndpoint[];
}

export interface StoredDelivery extends ClaimedDelivery {
  readonly ownerId: UserId;
  readonly target: Target;
  /** How long it is this process's alone to send, as if it had claimed it (`HeldDelivery`); null when it is due for whoever comes first. */
  readonly heldUntil: string | null;
}

/**
 * Stores what each endpoint is to be told, and returns for each fact what was stored of it.
 * @param hold whether this process can soon begin another delivery to an endpoint, beside `more` of this call
 */
export async function storeDeliveries(
  tx: Tx,
  told: readonly Told[],
  hold: (endpoint: OwnedEndpoint, more: number) => boolean,
): Promise<readonly (readonly StoredDelivery[])[]> {
  const held = new Map<string, number>();
  const deliveries = told.map((one) => deliveriesOf(one, hold, held));
  if (deliveries.every(({ length }) => length === 0)) return deliveries.map(() => []);
  const rows = await tx.manager.query<{ id: string; nextAttemptAt: string }[]>(
    // The database's clock decides what is due, so it also says when. An event from longer ago than the inbox remembers is told once all the same.
    `insert into "delivery" ("id", "endpointId", "ownerId", "eventId", "type", "appId", "body", "status", "attempts", "attemptLog", "nextAttemptAt", "createdAt")
     select "id", "endpointId", "ownerId", "eventId", "type", "appId", "body", 'pending', 0, '[]',
            case when "held" then clock_timestamp() + interval '${HELD_FOR}' else now() end, now()
       from json_to_recordset($1) as told ("id" uuid, "endpointId" uuid, "ownerId" uuid, "eventId" uuid, "type" text, "appId" uuid,
                                           "body" text, "held" boolean)
     on conflict do nothing returning "id", "nextAttemptAt"::text`,
    [JSON.stringify(deliveries.flat().map(({ target: _, ...row }) => row))],
  );
  const stored = new Map(rows.map(({ id, nextAttemptAt }) => [id, nextAttemptAt]));
  return deliveries.map((ofFact) =>
    ofFact.flatMap(({ held: isHeld, ...delivery }) => {
      const nextAttemptAt = stored.get(delivery.id);
      return nextAttemptAt === undefined ? [] : { ...delivery, heldUntil: isHeld ? nextAttemptAt : null };
    }),
  );
}

function deliveriesOf(
  { fact, url, endpoints }: Told,
  hold: (endpoint: OwnedEndpoint, more: number) => boolean,
  held: Map<string, number>,
) {
  const messages = webhookTypesOf(fact).map((type, index) => ({
    type,
    eventId: webhookIdOf(fact.eventId, type, index === 0),
    appId: fact.app.id,
    body: bodyOf(fact, type, url),
  }));
  return endpoints.flatMap(({ endpointId, ownerId, types, target }) =>
    messages
      .filter(({ type }) => types.includes(type))
      .map((message) => {
        const more = held.get(endpointId) ?? 0;
        const isHeld = hold({ endpointId, ownerId }, more);
        if (isHeld) held.set(endpointId, more + 1);
        return { id: randomUUID(), endpointId, ownerId, target, ...message, attempts: 0, held: isHeld };
      }),
  );
}
