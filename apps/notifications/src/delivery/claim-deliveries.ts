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

/** A delivery that this process stored for itself to send, and how long nobody else may, in the words of the database. */
export interface HeldDelivery extends ClaimedDelivery {
  readonly heldUntil: string;
}

/** How long a delivery is nobody else's once a process has taken it. One that ends meanwhile leaves it due again after it. */
export const HELD_FOR = '30 seconds';
/** Well above what an attempt may take: one that begins later holds its delivery longer. */
const LONGEST_ATTEMPT = '15 seconds';

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
       update "delivery" set "nextAttemptAt" = now() + interval '${HELD_FOR}' from due where "delivery"."id" = due."id"
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

/** Returns those of them that are still this process's to send, neither given up nor held for so long that others may have them, and till when. */
export async function beginHeld(
  manager: EntityManager,
  deliveries: readonly HeldDelivery[],
): Promise<ReadonlyMap<string, string>> {
  if (deliveries.length === 0) return new Map();
  const rows = await manager.query<{ id: string; until: string }[]>(
    `with held as materialized (${HELD}),
     longer as (
       update "delivery" set "nextAttemptAt" = now() + interval '${HELD_FOR}' from held
        where "delivery"."id" = held."id" and "nextAttemptAt" = "until" and "until" < now() + interval '${LONGEST_ATTEMPT}'
       returning "delivery"."id", "nextAttemptAt" as "until")
     select "id", coalesce(longer."until", held."until")::text as "until" from held left join longer using ("id")
      where held."until" > now()`,
    paramsOf(deliveries),
  );
  return new Map(rows.map(({ id, until }) => [id, until]));
}

/** Makes due at once what this process has held and not begun. */
export async function releaseHeld(manager: EntityManager, deliveries: readonly HeldDelivery[]): Promise<void> {
  if (deliveries.length === 0) return;
  await manager.query(
    `with held as (${HELD}) update "delivery" set "nextAttemptAt" = now() from held where "delivery"."id" = held."id"`,
    paramsOf(deliveries),
  );
}

// Whoever gave a delivery up, or took it after its time, has changed when it is due.
const HELD = `select "delivery"."id", held."until" from "delivery"
                join unnest($1::uuid[], $2::timestamptz[]) as held ("id", "until") using ("id")
               where "delivery"."nextAttemptAt" = held."until"`;

function paramsOf(deliveries: readonly HeldDelivery[]): [string[], string[]] {
  return [deliveries.map(({ id }) => id), deliveries.map(({ heldUntil }) => heldUntil)];
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
