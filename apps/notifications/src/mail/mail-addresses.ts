// Owns where a user's own mails go. Nobody may ask identity while something is sent, so the address is kept here: from the credential of
// whoever makes or changes a webhook, and from the fact that it changed, which has the last word, since a credential may be a little old.
import type { Actor, UserId } from '@slipway/contracts';
import type { Tx } from '@slipway/persistence';

import { MailAddressEntity } from './mail-address.entity.js';

/** Keeps the address of a user of whom none is known. */
export async function keepAddressOf(tx: Tx, { userId, email: address }: Actor): Promise<void> {
  const row = { userId, address, changedAt: null };
  await tx.manager.createQueryBuilder().insert().into(MailAddressEntity).values(row).orIgnore().execute();
}

/** Facts may come late and out of order: the latest change stays. */
export async function changeAddress(tx: Tx, userId: UserId, address: string, changedAt: Date): Promise<void> {
  await tx.manager.query(
    `insert into "mail_address" ("userId", "address", "changedAt") values ($1, $2, $3)
       on conflict ("userId") do update set "address" = excluded."address", "changedAt" = excluded."changedAt"
       where coalesce("mail_address"."changedAt" < excluded."changedAt", true)`,
    [userId, address, changedAt],
  );
}

export async function addressOf(tx: Tx, userId: UserId): Promise<string | undefined> {
  return (await tx.getRepository(MailAddressEntity).findOneBy({ userId }))?.address;
}
