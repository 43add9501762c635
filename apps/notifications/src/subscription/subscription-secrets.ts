import { Injectable } from '@nestjs/common';
import type { SubscriptionId } from '@slipway/contracts';
import { type CipherPlace, Encryption } from '@slipway/persistence';

import type { SubscriptionEntity } from './subscription.entity.js';

type SecretColumn = 'secret' | 'previousSecret';

/** The encrypted columns `secret` and `previousSecret`. */
@Injectable()
export class SubscriptionSecrets {
  constructor(private readonly encryption: Encryption) {}

  encrypt(id: SubscriptionId, secret: string): string {
    return this.encryption.encrypt(placeOf(id, 'secret'), secret);
  }

  encryptPrevious(id: SubscriptionId, secret: string): string {
    return this.encryption.encrypt(placeOf(id, 'previousSecret'), secret);
  }

  decrypt({ id, secret }: Pick<SubscriptionEntity, 'id' | 'secret'>): string {
    return this.encryption.decrypt(placeOf(id, 'secret'), secret);
  }

  /** Those that sign at this moment, the current one first. */
  signing(row: SubscriptionEntity, now: Date): string[] {
    const { id, previousSecret, previousSecretExpiresAt } = row;
    const current = this.decrypt(row);
    if (previousSecret === null || previousSecretExpiresAt === null || previousSecretExpiresAt <= now) return [current];
    return [current, this.encryption.decrypt(placeOf(id, 'previousSecret'), previousSecret)];
  }
}

function placeOf(id: SubscriptionId, column: SecretColumn): CipherPlace {
  return { table: 'subscription', id, column };
}
