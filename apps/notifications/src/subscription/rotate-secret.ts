import { Controller } from '@nestjs/common';
import { type Envelope, type RotatedSecret, rotateSecret, SubscriptionRef } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { writerIdOf } from '../caller.js';
import { generateSecret } from '../delivery/signature.js';
import { PREVIOUS_SECRET_KEPT_MS } from './subscription.js';
import { SubscriptionEntity } from './subscription.entity.js';
import { lockOwn, turnOf } from './subscription.queries.js';
import { SubscriptionSecrets } from './subscription-secrets.js';

@Controller()
export class RotateSecretHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly secrets: SubscriptionSecrets,
  ) {}

  @Handles(rotateSecret)
  handle({ id }: SubscriptionRef, envelope: Envelope): Promise<RotatedSecret> {
    const userId = writerIdOf(envelope);
    return this.inbox.onceInTurn(turnOf(id), rotateSecret, envelope, async (tx) => {
      const before = await lockOwn(tx, userId, id);
      const secret = generateSecret();
      const now = new Date();
      const previousSecretExpiresAt = new Date(now.getTime() + PREVIOUS_SECRET_KEPT_MS);
      await tx.getRepository(SubscriptionEntity).update(
        { id },
        {
          secret: this.secrets.encrypt(id, secret),
          previousSecret: this.secrets.encryptPrevious(id, this.secrets.decrypt(before)),
          previousSecretExpiresAt,
          updatedAt: now,
        },
      );
      return { secret, previousExpiresAt: previousSecretExpiresAt.toISOString() };
    });
  }
}
