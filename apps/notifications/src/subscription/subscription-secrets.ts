import { Injectable } from '@nestjs/common';
import type { SubscriptionId } from '@slipway/contracts';
import { type CipherPlace, Encryption } from '@slipway/persistence';

/** The encrypted column `secret`. */
@Injectable()
export class SubscriptionSecrets {
  constructor(private readonly encryption: Encryption) {}

  encrypt(id: SubscriptionId, secret: string): string {
    return this.encryption.encrypt(placeOf(id), secret);
  }

  decrypt({ id, secret }: { id: SubscriptionId; secret: string }): string {
    return this.encryption.decrypt(placeOf(id), secret);
  }
}

function placeOf(id: SubscriptionId): CipherPlace {
  return { table: 'subscription', id, column: 'secret' };
}
