import { Controller } from '@nestjs/common';
import {
  openCredential,
  problem,
  type Envelope,
  type OpenCredentialByPassword,
  type OpenedCredential,
} from '@slipway/contracts';
import { Handles, Refusal, Transient } from '@slipway/messaging';
import { Inbox, Transactions, type Tx } from '@slipway/persistence';

import { Passwords } from '../user/password.js';
import { UserEntity } from '../user/user.entity.js';
import { findUserByEmail } from '../user/user.queries.js';
import { toUserView } from '../user/user.view.js';
import { LoginThrottle } from './login-throttle.js';
import { SigningKeys } from '../signing-key/signing-keys.js';
import { Sessions } from './sessions.js';

@Controller()
export class OpenCredentialHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly transactions: Transactions,
    private readonly passwords: Passwords,
    private readonly sessions: Sessions,
    private readonly throttle: LoginThrottle,
    private readonly signingKeys: SigningKeys,
  ) {}

  @Handles(openCredential)
  async handle(input: OpenCredentialByPassword, envelope: Envelope): Promise<OpenedCredential> {
    const user = await this.throttle.attempt(input, () => this.recognize(input));
    const renewedHash = this.passwords.isOutdated(user.passwordHash) ? await this.passwords.hash(input.password) : null;
    const sign = await this.signingKeys.signer();
    return this.inbox.once(openCredential, envelope, async (tx) => {
      await refuseChanged(tx, user);
      user.lastLoginAt = new Date();
      await tx
        .getRepository(UserEntity)
        .update({ id: user.id }, { lastLoginAt: user.lastLoginAt, ...(renewedHash && { passwordHash: renewedHash }) });
      await this.throttle.forget(tx, input);
      const opened = await this.sessions.open(tx, sign, user.id, input);
      return { user: await toUserView(tx, user), ...opened };
    });
  }

  private async recognize(input: OpenCredentialByPassword): Promise<UserEntity> {
    const user = await this.transactions.read((tx) => findUserByEmail(tx, input.email));
    // Hashed without a user too, so that both answers take the same time; before the transaction, since it takes long.
    const matches = await this.passwords.verify(user?.passwordHash ?? null, input.password);
    if (user && matches && user.state === 'active') return user;
    await this.throttle.recordFailure(input);
    throw new Refusal(user ? WRONG_PASSWORD : UNKNOWN_EMAIL);
  }
}

/** Locks the account. When it is not as it was while the password was compared, the login is judged anew: a reset ends what knew the old password. */
async function refuseChanged(tx: Tx, { id, passwordHash }: UserEntity): Promise<void> {
  const now = await tx.getRepository(UserEntity).findOne({ where: { id }, lock: { mode: 'pessimistic_write' } });
  if (now?.state !== 'active' || now.passwordHash !== passwordHash)
    throw new Transient('the account changed while its password was compared');
}

const UNKNOWN_EMAIL = problem.invalid('user', 'There is no account with this e-mail address.', {
  code: 'unknown_email',
});
/** Also for an account that is not active: who does not know the password learns nothing of it. */
const WRONG_PASSWORD = problem.invalid('user', 'This is not the password of the account.', { code: 'wrong_password' });
