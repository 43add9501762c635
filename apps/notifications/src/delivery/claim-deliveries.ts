// Owns taking due deliveries, for one attempt each, and writing down how it went.
import type { SubscriptionId } from '@slipway/contracts';
import type { EntityManager } from 'typeorm';

import { DeliveryEntity, type LoggedAttempt } from './delivery.entity.js';
import type { OwnedEndpoint } from './endpoints.js';
import type { Attempt } from './post-webhook.js';
import { nextDelayMs } from './retry-schedule.js';

export type ClaimedDelivery = Pick<DeliveryEntity, 'id' | 'endpointId' | 'eventId' | 'body' | 'attempts'>;

/** An attempt that has ended. */
export interface EndedAttempt {
  readonly delivery: ClaimedDelivery;
  readonly attempt: Attempt;
  readonly entry: LoggedAttempt;
}

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

/** Takes what has been due the longest, one for each time that an endpoint is named; nobody else gets it while it is being sent. */
export async function claimDeliveries(
  manager: EntityManager,
  endpointIds: readonly SubscriptionId[],
): Promise<(ClaimedDelivery | undefined)[]> {
  const claimed = await manager.query<ClaimedDelivery[]>(
    // The commit does not wait for the disk: a claim that is lost with the database leaves the delivery due, as one of a lost process does.
    `with due as materialized (
       select due.* from (select set_config('synchronous_commit', 'off', true)) as unhurried,
              (select "endpointId", count(*) as places from unnest($1::uuid[]) as "endpointId" group by 1) as lane,
              lateral (select "id", "nextAttemptAt", "createdAt" from "delivery"
                        where "endpointId" = lane."endpointId" and "nextAttemptAt" <= now()
                        order by "nextAttemptAt", "createdAt" limit lane.places for update skip locked) as due),
     claimed as (
       update "delivery" set "nextAttemptAt" = now() + interval '${LOST_AFTER}' from due where "delivery"."id" = due."id"
       returning "delivery"."id", "endpointId", "eventId", "body", "attempts", due."nextAttemptAt" as since, due."createdAt")
     select "id", "endpointId", "eventId", "body", "attempts" from claimed order by since, "createdAt"`,
    [endpointIds],
  );
  return endpointIds.map((endpointId) => {
    const index = claimed.findIndex((delivery) => delivery.endpointId === endpointId);
    return index < 0 ? undefined : claimed.splice(index, 1)[0];
  });
}

/**
 * Writes down how attempts went and when the next ones are, and returns what became of each delivery. What was given up meanwhile stays so,
 * unless it did arrive.
 */
export async function recordAttempts(
  manager: EntityManager,
  ended: readonly EndedAttempt[],
): Promise<DeliveryEntity['status'][]> {
  const rows = ended.map(({ delivery: { id, attempts }, attempt: { error, statusCode, retryAfterMs }, entry }) => {
    const delayMs = error === null ? null : (nextDelayMs(attempts + 1, retryAfterMs, Math.random) ?? null);
    const status = error === null ? 'delivered' : delayMs === null ? 'failed' : 'pending';
    return { id, status, statusCode, error, log: [entry], delayMs } as const;
  });
  await manager.query(
    // Locked in one order everywhere (endPending): two that lock the same rows do not wait for each other.
    `with ended as (
       select ended.* from "delivery" join json_to_recordset($1) as ended
              ("id" uuid, "status" text, "statusCode" integer, "error" text, "log" jsonb, "delayMs" float) using ("id")
        order by "delivery"."id" for update of "delivery")
     update "delivery"
        set "status" = ended."status", "attempts" = "attempts" + 1, "lastStatusCode" = ended."statusCode",
            "lastError" = ended."error", "attemptLog" = "attemptLog" || ended."log",
            "nextAttemptAt" = now() + ended."delayMs" * interval '1 millisecond',
            "deliveredAt" = case when ended."status" = 'delivered' then now() end
       from ended
      where "delivery"."id" = ended."id" and ("delivery"."status" = 'pending' or ended."status" = 'delivered')`,
    [JSON.stringify(rows)],
  );
  return rows.map(({ status }) => status);
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
