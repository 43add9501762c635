import { Controller } from '@nestjs/common';
import {
  changePassword,
  type ChangePassword,
  CredentialKind,
  type CredentialRevoked,
  type Envelope,
} from '@slipway/contracts';
import { actorOf, Handles } from '@slipway/messaging';

import { endCredentials, SESSION_KINDS } from '../credential/end-credentials.js';
import { LoginThrottle } from '../credential/login-throttle.js';
import { PasswordProof } from './password-proof.js';
import { Passwords } from './password.js';
import { UserEntity } from './user.entity.js';

@Controller()
export class ChangePasswordHandler {
  constructor(
    private readonly proof: PasswordProof,
    private readonly passwords: Passwords,
    private readonly throttle: LoginThrottle,
  ) {}

  @Handles(changePassword)
  handle({ current, address, ...input }: ChangePassword, envelope: Envelope): Promise<CredentialRevoked> {
    return this.proof.once(changePassword, envelope, { password: current, address }, async () => {
      const passwordHash = await this.passwords.hash(input.new);
      return async (tx, { id }, attempt) => {
        await tx.getRepository(UserEntity).update({ id }, { passwordHash, updatedAt: new Date() });
        await this.throttle.forget(tx, attempt);
        const { credential } = actorOf(envelope);
        const presented = credential.kind === CredentialKind.apiKey ? undefined : credential.id;
        return endCredentials(tx, id, SESSION_KINDS, { except: presented });
      };
    });
  }
}
