import { Controller } from '@nestjs/common';
import { AppPhaseChanged, appPhaseChanged, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';

import { TakeInFact } from './take-in-fact.js';

@Controller()
export class OnAppPhaseChanged {
  constructor(private readonly facts: TakeInFact) {}

  @On(appPhaseChanged)
  handle(payload: AppPhaseChanged, envelope: Envelope): Promise<void> {
    return this.facts.take(appPhaseChanged, payload, envelope);
  }
}
