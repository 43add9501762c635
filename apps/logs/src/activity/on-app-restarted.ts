import { Controller } from '@nestjs/common';
import { type AppRestarted, appRestarted, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';

import { Journal } from './journal.js';
import { sentenceOfRestarted } from './sentence.js';

@Controller()
export class OnAppRestarted {
  constructor(private readonly journal: Journal) {}

  @On(appRestarted)
  handle(fact: AppRestarted, envelope: Envelope): Promise<void> {
    return this.journal.record(appRestarted, fact, envelope, sentenceOfRestarted(fact));
  }
}
