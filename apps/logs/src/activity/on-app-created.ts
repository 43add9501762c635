import { Controller } from '@nestjs/common';
import { type AppCreated, appCreated, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';

import { Journal } from './journal.js';
import { sentenceOfCreated } from './sentence.js';

@Controller()
export class OnAppCreated {
  constructor(private readonly journal: Journal) {}

  @On(appCreated)
  handle(fact: AppCreated, envelope: Envelope): Promise<void> {
    return this.journal.record(appCreated, fact, envelope, sentenceOfCreated(fact));
  }
}
