import { Controller } from '@nestjs/common';
import { AppRestarted, appRestarted, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';

import { TakeInFact } from './take-in-fact.js';

@Controller()
export class OnAppRestarted {
  constructor(private readonly facts: TakeInFact) {}

  @On(appRestarted)
  handle(payload: AppRestarted, envelope: Envelope): Promise<void> {
    return this.facts.take(appRestarted, payload, envelope);
  }
}
