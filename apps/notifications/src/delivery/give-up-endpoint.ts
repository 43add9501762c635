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

/** Takes down how an attempt went, and returns why the webhook is to be disabled, if it is. */
export async function judgeEndpoint(
  manager: EntityManager,
  { endpointId, url }: Attempted,
  { statusCode, error }: Attempt,
): Promise<string | undefined> {
  if (error === null) {
    await manager.query(
      `update "subscription" set "failingSince" = null where "id" = $1 and "url" = $2 and "failingSince" is not null`,
      [endpointId, url],
    );
    return undefined;
  }
  if (statusCode === GONE) return 'The endpoint answered 410: it is gone.';
  const [rows] = await manager.query<[{ forLong: boolean }[], number]>(
    `update "subscription" set "failingSince" = coalesce("failingSince", now()) where "id" = $1 and "url" = $2
      returning "failingSince" < now() - interval '5 days' as "forLong"`,
    [endpointId, url],
  );
  return rows[0]?.forLong ? 'All attempts of five days failed.' : undefined;
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
