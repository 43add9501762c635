import { Controller } from '@nestjs/common';
import { AppCreated, appCreated, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';

import { TakeInFact } from './take-in-fact.js';

@Controller()
export class OnAppCreated {
  constructor(private readonly facts: TakeInFact) {}

  @On(appCreated)
  handle(payload: AppCreated, envelope: Envelope): Promise<void> {
    return this.facts.take(appCreated, payload, envelope);
  }
}
