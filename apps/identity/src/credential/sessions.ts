import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import type { AccessToken, CredentialId, OpenCredential, UserId } from '@slipway/contracts';
import type { Tx } from '@slipway/persistence';

import type { Signer } from '../signing-key/signing-keys.js';
import { CredentialEntity } from './credential.entity.js';
import { endOpaque } from './end-credentials.js';
import { RefreshTokenEntity } from './refresh-token.entity.js';
import { refreshTokenExpiry, SESSION_LIFE_MS } from './session.js';

/** Cookies and tokens of the other dialects live as long as a refresh token may. */
const OPAQUE_LIFE_MS = 30 * 24 * 3_600_000;

/** Opens the credentials that a login brings: a session with a refresh token, or an opaque value. */
@Injectable()
export class Sessions {
  async open(
    tx: Tx,
    sign: Signer,
    userId: UserId,
    { kind, digest, replaces }: OpenCredential,
  ): Promise<{ credentialId: CredentialId; accessToken: AccessToken | null }> {
    if (replaces !== undefined) await endOpaque(tx, replaces);
    const id = randomUUID() as CredentialId;
    const createdAt = new Date();
    const expiresAt = new Date(createdAt.getTime() + (kind === 'session' ? SESSION_LIFE_MS : OPAQUE_LIFE_MS));
    await tx
      .getRepository(CredentialEntity)
      .insert({ id, userId, kind, digest: kind === 'session' ? null : digest, scope: 'full', createdAt, expiresAt });
    if (kind !== 'session') return { credentialId: id, accessToken: null };
    await this.addRefreshToken(tx, { id, expiresAt }, digest);
    return { credentialId: id, accessToken: await sign(userId, id) };
  }

  async addRefreshToken(tx: Tx, session: { id: CredentialId; expiresAt: Date }, digest: string): Promise<void> {
    const expiresAt = refreshTokenExpiry(session.expiresAt, new Date());
    await tx.getRepository(RefreshTokenEntity).insert({ digest, sessionId: session.id, expiresAt, spentAt: null });
  }
}
