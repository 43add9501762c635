import { Controller } from '@nestjs/common';
import { AppDeleted, appDeleted, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';

import { TakeInFact } from './take-in-fact.js';

@Controller()
export class OnAppDeleted {
  constructor(private readonly facts: TakeInFact) {}

  @On(appDeleted)
  handle(payload: AppDeleted, envelope: Envelope): Promise<void> {
    return this.facts.take(appDeleted, payload, envelope);
  }
}
