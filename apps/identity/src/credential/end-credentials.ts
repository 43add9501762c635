import {
  type CredentialId,
  CredentialKind,
  credentialRevoked,
  type CredentialRevoked,
  type UserId,
} from '@slipway/contracts';
import type { Tx } from '@slipway/persistence';
import { failpoint } from '@slipway/runtime';
import { In, IsNull, Not } from 'typeorm';

import { CredentialEntity } from './credential.entity.js';

/** What a login opens, in any dialect; keys are made on purpose and live on. */
export const SESSION_KINDS: readonly CredentialKind[] = [
  CredentialKind.session,
  CredentialKind.cookie,
  CredentialKind.token,
];

/** As many ids as one fact holds. */
const IDS_PER_FACT = 1000;

/**
 * Ends a user's living credentials of some kinds, but for one, and says which. Every id is named: a fact without ids would
 * also cut the streams of keys that live on. The answer names as many as one fact does; the facts name all.
 */
export async function endCredentials(
  tx: Tx,
  userId: UserId,
  kinds: readonly CredentialKind[],
  { except, at = new Date() }: { readonly except?: CredentialId | undefined; readonly at?: Date } = {},
): Promise<CredentialRevoked> {
  const credentials = tx.getRepository(CredentialEntity);
  const living = { userId, kind: In([...kinds]), revokedAt: IsNull(), ...(except && { id: Not(except) }) };
  const ids = (await credentials.find({ where: living, select: { id: true } })).map(({ id }) => id);
  await credentials.update({ id: In(ids) }, { revokedAt: at });
  for (let start = 0; start < ids.length; start += IDS_PER_FACT) {
    await tx.outbox.add(credentialRevoked, { userId, credentialIds: ids.slice(start, start + IDS_PER_FACT) });
  }
  return { userId, credentialIds: ids.slice(0, IDS_PER_FACT) };
}

/** Ends the credential of an opaque value, for whoever presents it; nothing when there is none. */
export async function endOpaque(tx: Tx, digest: string): Promise<void> {
  const credentials = tx.getRepository(CredentialEntity);
  const credential = await credentials.findOne({ where: { digest }, lock: { mode: 'pessimistic_write' } });
  if (!credential) return;
  await credentials.update({ id: credential.id }, { revokedAt: new Date() });
  if (credential.revokedAt) return;
  await failpoint('identity.after-revoke-before-event');
  await tx.outbox.add(credentialRevoked, { userId: credential.userId, credentialIds: [credential.id] });
}
