// Owns when a webhook is disabled by itself: its endpoint says that it is gone, or has done nothing but fail for five days. Its owner gets a
// mail with the change, or none.
import { randomUUID } from 'node:crypto';

import type { SubscriptionId, UserId } from '@slipway/contracts';
import type { Transactions } from '@slipway/persistence';
import type { EntityManager } from 'typeorm';

import { addressOf } from '../mail/mail-addresses.js';
import type { MailQueue } from '../mail/mail-queue.js';
import { endPending } from './end-pending.js';
import type { Attempt } from './post-webhook.js';

const GONE = 410;

/** Where an attempt went. The owner may have changed it meanwhile: then the attempt says nothing of it. */
export interface Attempted {
  readonly endpointId: SubscriptionId;
  readonly url: string;
}

/** An attempt that has ended. */
export interface Judged extends Attempted {
  readonly attempt: Attempt;
}

/** Takes down how attempts went, and returns for each why its webhook is to be disabled, if it is. One that has arrived speaks for all of an endpoint. */
export async function judgeEndpoints(
  manager: EntityManager,
  judged: readonly Judged[],
): Promise<readonly (string | undefined)[]> {
  const arrived = new Map<string, Attempted & { arrived: boolean }>();
  for (const { endpointId, url, attempt } of judged) {
    const place = `${endpointId} ${url}`;
    arrived.set(place, { endpointId, url, arrived: attempt.error === null || (arrived.get(place)?.arrived ?? false) });
  }
  const [rows] = await manager.query<[{ id: SubscriptionId; forLong: boolean | null }[], number]>(
    // Locked in the order in which facts lock them (Endpoints): two that lock the same rows do not wait for each other.
    `with judged as (
       select "id", judged."arrived" from "subscription"
         join json_to_recordset($1) as judged ("endpointId" uuid, "url" text, "arrived" boolean)
           on "subscription"."id" = judged."endpointId" and "subscription"."url" = judged."url"
        where not judged."arrived" or "subscription"."failingSince" is not null
        order by "id" for update of "subscription")
     update "subscription" set "failingSince" = case when not judged."arrived" then coalesce("failingSince", now()) end
       from judged where "subscription"."id" = judged."id"
     returning "subscription"."id", "failingSince" < now() - interval '5 days' as "forLong"`,
    [JSON.stringify([...arrived.values()])],
  );
  const forLong = new Set(rows.filter((row) => row.forLong).map(({ id }) => id));
  return judged.map(({ endpointId, attempt }) => {
    if (attempt.statusCode === GONE) return 'The endpoint answered 410: it is gone.';
    return attempt.error !== null && forLong.has(endpointId) ? 'All attempts of five days failed.' : undefined;
  });
}

export interface GivenUp {
  /** False when no address of the owner is known. */
  readonly mailed: boolean;
}

/** Switches the webhook off and gives up what waits for it; undefined when it is off already, or leads elsewhere by now. */
export function giveUpEndpoint(
  transactions: Transactions,
  mails: MailQueue,
  { endpointId, url }: Attempted,
  reason: string,
): Promise<GivenUp | undefined> {
  return transactions.run(async (tx) => {
    const [rows] = await tx.manager.query<[{ userId: UserId; name: string }[], number]>(
      `update "subscription" set "active" = false, "disabledReason" = $3, "updatedAt" = now()
        where "id" = $1 and "url" = $2 and "active" returning "userId", "name"`,
      [endpointId, url, reason],
    );
    const [webhook] = rows;
    if (!webhook) return undefined;
    await endPending(tx, endpointId, `The webhook was disabled. ${reason}`);
    const to = await addressOf(tx, webhook.userId);
    if (to === undefined) return { mailed: false };
    await mails.add(tx, randomUUID(), {
      to,
      template: 'webhook-disabled',
      fields: { name: webhook.name, url, reason },
    });
    return { mailed: true };
  });
}
