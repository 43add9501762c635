import { Controller } from '@nestjs/common';
import { type AppPhaseChanged, appPhaseChanged, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';

import { Journal } from './journal.js';
import { sentenceOfPhase } from './sentence.js';

@Controller()
export class OnAppPhaseChanged {
  constructor(private readonly journal: Journal) {}

  @On(appPhaseChanged)
  handle(fact: AppPhaseChanged, envelope: Envelope): Promise<void> {
    return this.journal.record(appPhaseChanged, fact, envelope, sentenceOfPhase(fact));
  }
}
