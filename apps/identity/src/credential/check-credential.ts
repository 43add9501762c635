import { Controller } from '@nestjs/common';
import { checkCredential, problem, type CheckCredential, type CheckedCredential } from '@slipway/contracts';
import { Handles, Refusal } from '@slipway/messaging';
import { isPassingFault, Transactions, type Reader } from '@slipway/persistence';

import { UserEntity } from '../user/user.entity.js';
import { CredentialEntity } from './credential.entity.js';

/** The last use is written once in this time at most. */
const LAST_USED_EVERY_MS = 60_000;

@Controller()
export class CheckCredentialHandler {
  constructor(private readonly transactions: Transactions) {}

  @Handles(checkCredential)
  handle(input: CheckCredential): Promise<CheckedCredential> {
    return this.transactions.read(async (tx) => {
      const now = new Date();
      const credential = await find(tx, input);
      if (!credential || (credential.expiresAt && credential.expiresAt <= now)) throw new Refusal(NOT_GOOD);
      const user = await tx.getRepository(UserEntity).findOneBy({ id: credential.userId });
      if (user && endedWithAccount(credential, user)) throw new Refusal(accountDeleted(user));
      if (credential.revokedAt || user?.state !== 'active') throw new Refusal(NOT_GOOD);
      // A database that takes no writes at the moment keeps nobody from reading.
      await noteUse(tx, credential, now).catch((error: unknown) => {
        if (!isPassingFault(error)) throw error;
      });
      return {
        actor: {
          userId: user.id,
          number: user.number,
          username: user.username,
          email: user.email,
          teams: [],
          admin: user.admin,
          credential: { id: credential.id, kind: credential.kind, scope: credential.scope },
        },
        expiresAt: credential.expiresAt?.toISOString() ?? null,
      };
    });
  }
}

const NOT_GOOD = problem.unauthenticated('credential', 'This credential is unknown, expired or revoked.');

/** Ended by nothing else: it still proves whose the account was, and admits to nothing. */
function endedWithAccount({ revokedAt }: CredentialEntity, { state, updatedAt }: UserEntity): boolean {
  return state === 'deleted' && revokedAt?.getTime() === updatedAt.getTime();
}

function accountDeleted({ number }: UserEntity) {
  const facts = { number };
  return problem.unauthenticated('user', 'This account is deleted.', { code: 'account_deleted', facts });
}

async function find(tx: Reader, { digest, sessionId }: CheckCredential): Promise<CredentialEntity | null> {
  const credentials = tx.getRepository(CredentialEntity);
  if (digest !== undefined) return credentials.findOneBy({ digest });
  return sessionId === undefined ? null : credentials.findOneBy({ id: sessionId, kind: 'session' });
}

async function noteUse(tx: Reader, { id, lastUsedAt }: CredentialEntity, now: Date): Promise<void> {
  if (lastUsedAt && now.getTime() - lastUsedAt.getTime() < LAST_USED_EVERY_MS) return;
  await tx.getRepository(CredentialEntity).update({ id }, { lastUsedAt: now });
}
