import { Controller } from '@nestjs/common';
import {
  problem,
  registerUser,
  userRegistered,
  type Envelope,
  type OpenedCredential,
  type RegisterUser,
} from '@slipway/contracts';
import { Handles, Refusal } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { Sessions } from '../credential/sessions.js';
import { IdentityConfig } from '../identity.config.js';
import { SigningKeys } from '../signing-key/signing-keys.js';
import { createUser } from './create-user.js';
import { Passwords } from './password.js';
import { checkUsername } from './user.js';
import { toUserView } from './user.view.js';

@Controller()
export class RegisterUserHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly passwords: Passwords,
    private readonly sessions: Sessions,
    private readonly signingKeys: SigningKeys,
    private readonly config: IdentityConfig,
  ) {}

  @Handles(registerUser)
  async handle(input: RegisterUser, envelope: Envelope): Promise<OpenedCredential> {
    if (this.config.registration === 'closed') {
      throw new Refusal(
        problem.forbidden('user', 'Registration is closed; ask an administrator for an account.', {
          code: 'registration_closed',
        }),
      );
    }
    const wrong = input.username === undefined ? null : checkUsername(input.username);
    if (wrong) throw new Refusal(wrong);
    // Before the transaction: hashing takes longer than a row may be held.
    const passwordHash = await this.passwords.hash(input.password);
    const sign = await this.signingKeys.signer();
    return this.inbox.once(registerUser, envelope, async (tx) => {
      const user = await createUser(tx, {
        email: input.email,
        username: input.username ?? null,
        passwordHash,
        admin: false,
      });
      await tx.outbox.add(userRegistered, { userId: user.id });
      const opened = input.open
        ? await this.sessions.open(tx, sign, user.id, input.open)
        : { credentialId: null, accessToken: null };
      return { user: await toUserView(tx, user), ...opened };
    });
  }
}
