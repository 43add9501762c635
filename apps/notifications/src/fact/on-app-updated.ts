import { Controller } from '@nestjs/common';
import { AppUpdated, appUpdated, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';

import { TakeInFact } from './take-in-fact.js';

@Controller()
export class OnAppUpdated {
  constructor(private readonly facts: TakeInFact) {}

  @On(appUpdated)
  handle(payload: AppUpdated, envelope: Envelope): Promise<void> {
    return this.facts.take(appUpdated, payload, envelope);
  }
}
