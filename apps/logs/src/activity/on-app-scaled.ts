import { Controller } from '@nestjs/common';
import { type AppScaled, appScaled, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';

import { Journal } from './journal.js';
import { sentenceOfScaled } from './sentence.js';

@Controller()
export class OnAppScaled {
  constructor(private readonly journal: Journal) {}

  @On(appScaled)
  handle(fact: AppScaled, envelope: Envelope): Promise<void> {
    return this.journal.record(appScaled, fact, envelope, sentenceOfScaled(fact));
  }
}
