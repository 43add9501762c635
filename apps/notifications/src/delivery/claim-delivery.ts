import type { SubscriptionId } from '@slipway/contracts';
import type { EntityManager } from 'typeorm';

import { DeliveryEntity, type LoggedAttempt } from './delivery.entity.js';
import { nextDelayMs } from './retry-schedule.js';
import type { OwnedEndpoint } from './endpoints.js';
import type { Attempt } from './post-webhook.js';

export type ClaimedDelivery = Pick<DeliveryEntity, 'id' | 'eventId' | 'body' | 'attempts'>;

// Well above what an attempt may take. A process that ends in between leaves the delivery due again after it.
const LOST_AFTER = '30 seconds';

/** The endpoints that have something due, without those named. */
export function dueEndpoints(manager: EntityManager, except: readonly string[]): Promise<OwnedEndpoint[]> {
  return manager.query<OwnedEndpoint[]>(
    `select distinct "endpointId", "ownerId" from "delivery"
      where "nextAttemptAt" <= now() and "endpointId" <> all($1::uuid[])`,
    [except],
  );
}

/** Takes what has been due the longest; nobody else gets it while it is being sent. */
export async function claimDelivery(
  manager: EntityManager,
  endpointId: SubscriptionId,
): Promise<ClaimedDelivery | undefined> {
  const [rows] = await manager.query<[ClaimedDelivery[], number]>(
    `update "delivery" set "nextAttemptAt" = now() + interval '${LOST_AFTER}'
      where "id" = (
        select "id" from "delivery" where "endpointId" = $1 and "nextAttemptAt" <= now()
         order by "nextAttemptAt", "createdAt" limit 1 for update skip locked)
      returning "id", "eventId", "body", "attempts"`,
    [endpointId],
  );
  return rows[0];
}

/** Writes down how an attempt went and when the next one is, and returns what became of the delivery. What was given up meanwhile stays so, unless it did arrive. */
export async function recordAttempt(
  manager: EntityManager,
  { id, attempts }: ClaimedDelivery,
  { statusCode, error, retryAfterMs }: Attempt,
  entry: LoggedAttempt,
): Promise<DeliveryEntity['status']> {
  const delivered = error === null;
  const delayMs = delivered ? undefined : nextDelayMs(attempts + 1, retryAfterMs, Math.random);
  const status = delivered ? 'delivered' : delayMs === undefined ? 'failed' : 'pending';
  await manager.query(
    `update "delivery"
        set "status" = $2, "attempts" = "attempts" + 1, "lastStatusCode" = $3, "lastError" = $4,
            "attemptLog" = "attemptLog" || $5::jsonb,
            "nextAttemptAt" = now() + $6 * interval '1 millisecond',
            "deliveredAt" = case when $2 = 'delivered' then now() end
      where "id" = $1 and ("status" = 'pending' or $2 = 'delivered')`,
    [id, status, statusCode, error, JSON.stringify([entry]), delayMs ?? null],
  );
  return status;
}

/** Gives a delivery up that has nowhere to go. */
export async function abandonDelivery(
  manager: EntityManager,
  { id }: ClaimedDelivery,
  lastError: string,
): Promise<void> {
  await manager
    .getRepository(DeliveryEntity)
    .update({ id, status: 'pending' }, { status: 'failed', lastError, nextAttemptAt: null });
}
