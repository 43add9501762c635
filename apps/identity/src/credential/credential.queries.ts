import type { UserId } from '@slipway/contracts';
import type { Reader } from '@slipway/persistence';
import { IsNull, MoreThan } from 'typeorm';

import { CredentialEntity } from './credential.entity.js';

/** API keys that are neither revoked nor expired. */
export function countLiveApiKeys(tx: Reader, userId: UserId): Promise<number> {
  const own = { userId, kind: 'api-key' as const, revokedAt: IsNull() };
  return tx.getRepository(CredentialEntity).countBy([
    { ...own, expiresAt: IsNull() },
    { ...own, expiresAt: MoreThan(new Date()) },
  ]);
}
