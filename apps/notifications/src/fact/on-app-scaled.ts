import { Controller } from '@nestjs/common';
import { AppScaled, appScaled, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';

import { TakeInFact } from './take-in-fact.js';

@Controller()
export class OnAppScaled {
  constructor(private readonly facts: TakeInFact) {}

  @On(appScaled)
  handle(payload: AppScaled, envelope: Envelope): Promise<void> {
    return this.facts.take(appScaled, payload, envelope);
  }
}
