import { randomUUID } from 'node:crypto';

import type { CredentialId } from '@slipway/contracts';
import type { Tx } from '@slipway/persistence';

import { toApiKey } from '../credential/api-key.js';
import { CredentialEntity } from '../credential/credential.entity.js';
import { createUser } from './create-user.js';
import { Passwords } from './password.js';
import { UserEntity } from './user.entity.js';
import { findUserByEmail } from './user.queries.js';

export interface FirstUser {
  readonly email: string;
  readonly password: string;
  /** Whole, with prefix and checksum. */
  readonly apiKey: string;
}

const KEY_NAME = 'first user';

/**
 * Makes the first user, an administrator, with this password and key. Both are generated secrets: where the key is another one, their file
 * was lost, and the user gets both anew and loses the earlier key. While the key is the known one nothing is done, whatever its owner has
 * changed since, be it the address or the password.
 */
export async function ensureFirstUser(tx: Tx, wanted: FirstUser): Promise<void> {
  const key = toApiKey(wanted.apiKey);
  const credentials = tx.getRepository(CredentialEntity);
  if (await credentials.existsBy({ digest: key.digest })) return;
  const passwords = new Passwords();
  const existing = await findUserByEmail(tx, wanted.email);
  const user =
    existing ??
    (await createUser(tx, {
      email: wanted.email,
      username: null,
      passwordHash: await passwords.hash(wanted.password),
      admin: true,
    }));
  if (existing && !(await passwords.verify(existing.passwordHash, wanted.password))) {
    await tx.getRepository(UserEntity).update({ id: user.id }, { passwordHash: await passwords.hash(wanted.password) });
  }
  const now = new Date();
  await credentials.update({ userId: user.id, kind: 'api-key', name: KEY_NAME }, { revokedAt: now });
  await credentials.insert({
    id: randomUUID() as CredentialId,
    userId: user.id,
    kind: 'api-key',
    digest: key.digest,
    name: KEY_NAME,
    prefix: key.prefix,
    hint: key.hint,
    scope: 'full',
    createdAt: now,
  });
}
