import { Controller } from '@nestjs/common';
import { credentialRevoked, problem, revokeCredential, type Envelope, type RevokeCredential } from '@slipway/contracts';
import { Handles, Refusal, writerOf } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';
import { failpoint } from '@slipway/runtime';

import { CredentialEntity } from './credential.entity.js';
import { endOpaque } from './end-credentials.js';

@Controller()
export class RevokeCredentialHandler {
  constructor(private readonly inbox: Inbox) {}

  /** Repeating it changes nothing and succeeds. */
  @Handles(revokeCredential)
  handle(input: RevokeCredential, envelope: Envelope): Promise<void> {
    const { digest } = input;
    if (digest !== undefined) return this.inbox.once(revokeCredential, envelope, (tx) => endOpaque(tx, digest));
    return this.inbox.once(revokeCredential, envelope, async (tx) => {
      const actor = writerOf(envelope);
      const id = input.id ?? actor.credential.id;
      const credentials = tx.getRepository(CredentialEntity);
      const credential = await credentials.findOne({
        where: { id, userId: actor.userId, ...(input.id !== undefined && { kind: 'api-key' }) },
        lock: { mode: 'pessimistic_write' },
      });
      if (!credential) throw new Refusal(problem.notFound('api_key', `There is no API key ${id}.`));
      if (credential.revokedAt) return;
      await credentials.update({ id }, { revokedAt: new Date() });
      await failpoint('identity.after-revoke-before-event');
      await tx.outbox.add(credentialRevoked, { userId: actor.userId, credentialIds: [id] });
    });
  }
}
