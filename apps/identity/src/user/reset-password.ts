import { Controller } from '@nestjs/common';
import { type CredentialRevoked, type Envelope, problem, resetPassword, type ResetPassword } from '@slipway/contracts';
import { Handles, Refusal } from '@slipway/messaging';
import { Inbox, Transactions } from '@slipway/persistence';

import { endCredentials, SESSION_KINDS } from '../credential/end-credentials.js';
import { Passwords } from './password.js';
import { type ResetTokenState, stateOf } from './reset-token.js';
import { ResetTokenEntity } from './reset-token.entity.js';
import { UserEntity } from './user.entity.js';

@Controller()
export class ResetPasswordHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly transactions: Transactions,
    private readonly passwords: Passwords,
  ) {}

  @Handles(resetPassword)
  async handle(input: ResetPassword, envelope: Envelope): Promise<CredentialRevoked> {
    const { digest } = input;
    // Before the transaction, since hashing takes long; not for a token that is no good, or strangers could keep the cores busy.
    const seen = await this.transactions.read((tx) => tx.getRepository(ResetTokenEntity).findOneBy({ digest }));
    const seenState = stateOf(seen, new Date());
    const passwordHash = seenState === 'good' ? await this.passwords.hash(input.password) : null;
    return this.inbox.once(resetPassword, envelope, async (tx) => {
      const tokens = tx.getRepository(ResetTokenEntity);
      const token = await tokens.findOne({ where: { digest }, lock: { mode: 'pessimistic_write' } });
      const now = new Date();
      const state = stateOf(token, now);
      if (!token || state !== 'good' || passwordHash === null) throw new Refusal(notGood(state));
      const users = tx.getRepository(UserEntity);
      const user = await users.findOne({
        where: { id: token.userId, state: 'active' },
        lock: { mode: 'pessimistic_write' },
      });
      if (!user) throw new Refusal(notGood('unknown'));
      await tokens.update({ digest }, { usedAt: now });
      await users.update({ id: user.id }, { passwordHash, updatedAt: now });
      return endCredentials(tx, user.id, input.revokeApiKeys ? [...SESSION_KINDS, 'api-key'] : SESSION_KINDS);
    });
  }
}

function notGood(state: ResetTokenState) {
  return problem.invalid('user', 'This reset token is not good any more; ask for another mail.', {
    code: 'reset_token',
    facts: { state },
  });
}
