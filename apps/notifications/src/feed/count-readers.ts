import { Controller } from '@nestjs/common';
import { countReaders, type Envelope, Nothing, type ReaderCount } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';

import { userIdOf } from '../caller.js';
import { Readers } from './readers.js';

@Controller()
export class CountReadersHandler {
  constructor(private readonly readers: Readers) {}

  /** Numbers alone, so whoever has a credential may know them. */
  @Handles(countReaders)
  async handle(_: Nothing, envelope: Envelope): Promise<ReaderCount> {
    userIdOf(envelope);
    return this.readers.count();
  }
}
