import { Controller } from '@nestjs/common';
import {
  type CredentialId,
  credentialRevoked,
  problem,
  refreshSession,
  type Envelope,
  type RefreshedSession,
  type RefreshSession,
  type UserId,
} from '@slipway/contracts';
import { Handles, Refusal } from '@slipway/messaging';
import { Inbox, Transactions, type Tx } from '@slipway/persistence';
import { failpoint } from '@slipway/runtime';

import { SigningKeys } from '../signing-key/signing-keys.js';
import { UserEntity } from '../user/user.entity.js';
import { CredentialEntity } from './credential.entity.js';
import { RefreshTokenEntity } from './refresh-token.entity.js';
import { judgeRefresh } from './session.js';
import { Sessions } from './sessions.js';

@Controller()
export class RefreshSessionHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly transactions: Transactions,
    private readonly sessions: Sessions,
    private readonly signingKeys: SigningKeys,
  ) {}

  @Handles(refreshSession)
  async handle(input: RefreshSession, envelope: Envelope): Promise<RefreshedSession> {
    try {
      const refreshed = await this.refresh(input, envelope);
      await failpoint('identity.after-rotate-before-answer');
      return refreshed;
    } catch (error) {
      // The refusal rolled everything back, so a stolen token's session is ended in a transaction of its own.
      const ended = error instanceof Refusal ? await this.endIfReused(input.digest) : undefined;
      throw ended ? new Refusal({ ...INVALID, facts: ended }) : error;
    }
  }

  private async refresh(input: RefreshSession, envelope: Envelope): Promise<RefreshedSession> {
    const sign = await this.signingKeys.signer();
    return this.inbox.onceInTurn(`token ${input.digest}`, refreshSession, envelope, async (tx) => {
      const found = await findSession(tx, input.digest);
      if (found?.verdict !== 'granted') throw new Refusal(INVALID);
      const { token, session, expiresAt } = found;
      const next = input.nextDigest ?? (token.spentAt ? input.siblingDigest : undefined);
      if (next !== undefined) {
        // The first exchange's time stays, or each reuse would open another ten seconds.
        await tx
          .getRepository(RefreshTokenEntity)
          .update({ digest: token.digest }, { spentAt: token.spentAt ?? new Date() });
        await this.sessions.addRefreshToken(tx, { id: session.id, expiresAt }, next);
      }
      return { accessToken: await sign(session.userId, session.id), rotated: next !== undefined };
    });
  }

  /** Returns what it has ended, which a gateway that asked forgets at once. */
  private async endIfReused(digest: string): Promise<{ userId: UserId; credentialId: CredentialId } | undefined> {
    return this.transactions.run(async (tx) => {
      const found = await findSession(tx, digest);
      if (found?.verdict !== 'reused') return undefined;
      const { session } = found;
      await tx.getRepository(CredentialEntity).update({ id: session.id }, { revokedAt: new Date() });
      await tx.outbox.add(credentialRevoked, { userId: session.userId, credentialIds: [session.id] });
      return { userId: session.userId, credentialId: session.id };
    });
  }
}

const INVALID = problem.unauthenticated('credential', 'This refresh token is not good any more; log in again.');

async function findSession(tx: Tx, digest: string) {
  const token = await tx
    .getRepository(RefreshTokenEntity)
    .findOne({ where: { digest }, lock: { mode: 'pessimistic_write' } });
  if (!token) return null;
  const session = await tx.getRepository(CredentialEntity).findOneBy({ id: token.sessionId });
  if (!session?.expiresAt || !(await tx.getRepository(UserEntity).existsBy({ id: session.userId, state: 'active' })))
    return null;
  return { token, session, expiresAt: session.expiresAt, verdict: judgeRefresh(token, session, new Date()) };
}
