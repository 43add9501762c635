import { hasSealedField, type Class } from '@slipway/contracts';

import { sealFor, unseal } from './seal.js';
import { parseSealPrivateKeys, parseSealPublicKeys, type PrivateSealKey, type PublicSealKey } from './seal-keys.js';

/** What a message's declaration tells about its body. */
interface Sealable {
  readonly subject: string;
  readonly service: string;
  readonly input: Class<object>;
}

/** The keys of one service: public halves of those it sends to, its own private ones. */
export class Sealing {
  private readonly publicKeys: ReadonlyMap<string, PublicSealKey>;
  private readonly privateKeys: readonly PrivateSealKey[];

  /** @throws Error naming the variable and entry that cannot be read */
  constructor(configured: { publicKeys?: string; privateKeys?: string }) {
    this.publicKeys = parseSealPublicKeys(configured.publicKeys ?? '');
    this.privateKeys = parseSealPrivateKeys(configured.privateKeys ?? '');
  }

  /** The input as it may be stored and sent. @throws Error when a sealed field has no key to seal it with: never sent in clear. */
  seal(operation: Sealable, input: object): object {
    if (!hasSealedField(operation.input)) return input;
    const key = this.publicKeys.get(operation.service);
    if (!key) throw new Error(`SEAL_PUBLIC_KEYS has no key of ${operation.service}, which ${operation.subject} needs`);
    return sealFor(key, operation.subject, operation.input, input);
  }

  /** The input as its handler reads it. @throws SealError */
  unseal(operation: Sealable, plain: unknown): unknown {
    if (!hasSealedField(operation.input) || typeof plain !== 'object' || plain === null) return plain;
    return unseal(this.privateKeys, operation.subject, operation.input, plain);
  }
}
