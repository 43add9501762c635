import { Controller } from '@nestjs/common';
import {
  CredentialKind,
  deleteUser,
  problem,
  userDeleted,
  type CredentialRevoked,
  type DeleteUser,
  type Envelope,
} from '@slipway/contracts';
import { Handles, Refusal } from '@slipway/messaging';
import { Inbox, type Tx } from '@slipway/persistence';

import { Kubeconfigs } from '../cluster-context/kubeconfigs.js';
import { endCredentials } from '../credential/end-credentials.js';
import { PasswordProof } from './password-proof.js';
import { ResetTokenEntity } from './reset-token.entity.js';
import { UserEntity } from './user.entity.js';
import { lockActingUser } from './user.queries.js';

@Controller()
export class DeleteUserHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly proof: PasswordProof,
    private readonly kubeconfigs: Kubeconfigs,
  ) {}

  @Handles(deleteUser)
  handle({ password, address, soleApps }: DeleteUser, envelope: Envelope): Promise<CredentialRevoked> {
    if (password === undefined)
      return this.inbox.once(deleteUser, envelope, async (tx) =>
        this.delete(tx, await lockActingUser(tx, envelope), soleApps),
      );
    return this.proof.once(
      deleteUser,
      envelope,
      { password, address },
      async () => (tx, user) => this.delete(tx, user, soleApps),
    );
  }

  private async delete(tx: Tx, { id }: UserEntity, soleApps: number): Promise<CredentialRevoked> {
    if (soleApps > 0) throw new Refusal(ownsApps(soleApps));
    const updatedAt = new Date();
    await tx
      .getRepository(UserEntity)
      .update({ id }, { state: 'deleted', emailKey: null, usernameKey: null, passwordHash: '', updatedAt });
    // Of the same time: a session that ended with its account still proves whose it was.
    const ended = await endCredentials(tx, id, Object.values(CredentialKind), { at: updatedAt });
    await this.kubeconfigs.delete(tx, id);
    await tx.getRepository(ResetTokenEntity).delete({ userId: id });
    await tx.outbox.add(userDeleted, { userId: id });
    return ended;
  }
}

function ownsApps(count: number) {
  const text = `The account owns ${count} apps that no team shares: delete them or share them first.`;
  return problem.conflict('user', text, { code: 'sole_owner', facts: { count } });
}
