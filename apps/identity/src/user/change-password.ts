import { Controller } from '@nestjs/common';
import {
  changePassword,
  type ChangePassword,
  CredentialKind,
  type CredentialRevoked,
  type Envelope,
  problem,
  ProblemKind,
} from '@slipway/contracts';
import { Handles, Refusal } from '@slipway/messaging';
import { Inbox, Transactions } from '@slipway/persistence';

import { endCredentials, SESSION_KINDS } from '../credential/end-credentials.js';
import { type Attempt, LoginThrottle } from '../credential/login-throttle.js';
import { Passwords } from './password.js';
import { UserEntity } from './user.entity.js';
import { actorOf, lockActingUser } from './user.queries.js';

@Controller()
export class ChangePasswordHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly transactions: Transactions,
    private readonly passwords: Passwords,
    private readonly throttle: LoginThrottle,
  ) {}

  /** A stolen session must not guess the password faster than a login may: both count as the same failures. */
  @Handles(changePassword)
  async handle(input: ChangePassword, envelope: Envelope): Promise<CredentialRevoked> {
    const { userId: id } = actorOf(envelope);
    const seen = await this.transactions.read((tx) => tx.getRepository(UserEntity).findOneBy({ id }));
    const attempt = { email: seen?.email ?? '', address: input.address };
    try {
      return await this.throttle.attempt(attempt, () => this.change(input, envelope, seen, attempt));
    } catch (error) {
      const throttled = error instanceof Refusal && error.problem.kind === ProblemKind.rateLimited;
      // Not a repeated command: it gets its recorded answer however many attempts have failed since.
      if (throttled) return this.inbox.once(changePassword, envelope, () => Promise.reject(error));
      throw error;
    }
  }

  private async change(
    input: ChangePassword,
    envelope: Envelope,
    seen: UserEntity | null,
    attempt: Attempt,
  ): Promise<CredentialRevoked> {
    const { userId: id, credential } = actorOf(envelope);
    // Both before the transaction: hashing takes longer than a row may be held.
    const matches = await this.passwords.verify(seen?.passwordHash ?? null, input.current);
    const passwordHash = matches ? await this.passwords.hash(input.new) : null;
    const wrong = new Refusal(
      problem.invalid('user', 'This is not the password of the account.', { code: 'wrong_password' }),
    );
    try {
      return await this.inbox.once(changePassword, envelope, async (tx) => {
        const user = await lockActingUser(tx, envelope);
        // Somebody else may have changed it since it was compared.
        if (passwordHash === null || user.passwordHash !== seen?.passwordHash) throw wrong;
        await tx.getRepository(UserEntity).update({ id }, { passwordHash, updatedAt: new Date() });
        await this.throttle.forget(tx, attempt);
        const presented = credential.kind === CredentialKind.apiKey ? undefined : credential.id;
        return endCredentials(tx, id, SESSION_KINDS, presented);
      });
    } catch (error) {
      // Only a refusal of this attempt: a repeated delivery of an earlier one gets its recorded answer.
      if (error === wrong) await this.throttle.recordFailure(attempt);
      throw error;
    }
  }
}
