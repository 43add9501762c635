import { Controller } from '@nestjs/common';
import { AppDeleting, appDeleting, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';

import { TakeInFact } from './take-in-fact.js';

@Controller()
export class OnAppDeleting {
  constructor(private readonly facts: TakeInFact) {}

  @On(appDeleting)
  handle(payload: AppDeleting, envelope: Envelope): Promise<void> {
    return this.facts.take(appDeleting, payload, envelope);
  }
}
