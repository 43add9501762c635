import type { SubscriptionId } from '@slipway/contracts';
import type { Tx } from '@slipway/persistence';

/** Gives up what has not been delivered to an endpoint yet. Rows are locked in one order everywhere (recordAttempts). */
export async function endPending(tx: Tx, endpointId: SubscriptionId, lastError: string): Promise<void> {
  await tx.manager.query(
    `with pending as (
       select "id" from "delivery" where "endpointId" = $1 and "status" = 'pending' order by "id" for update)
     update "delivery" set "status" = 'failed', "lastError" = $2, "nextAttemptAt" = null
       from pending where "delivery"."id" = pending."id"`,
    [endpointId, lastError],
  );
}
