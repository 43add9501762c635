import { Controller } from '@nestjs/common';
import { listSigningKeys, type SigningKeys as SigningKeysView } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';

import { SigningKeys } from './signing-keys.js';

@Controller()
export class ListSigningKeysHandler {
  constructor(private readonly keys: SigningKeys) {}

  @Handles(listSigningKeys)
  handle(): Promise<SigningKeysView> {
    return this.keys.published();
  }
}
