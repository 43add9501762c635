import { Controller } from '@nestjs/common';
import { type AppUpdated, appUpdated, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';

import { Journal } from './journal.js';
import { sentenceOfUpdated } from './sentence.js';

@Controller()
export class OnAppUpdated {
  constructor(private readonly journal: Journal) {}

  @On(appUpdated)
  handle(fact: AppUpdated, envelope: Envelope): Promise<void> {
    return this.journal.record(appUpdated, fact, envelope, sentenceOfUpdated(fact));
  }
}
