import { Controller } from '@nestjs/common';
import { type AppDeleted, appDeleted, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';

import { Follows } from '../follow/follows.js';
import { Journal } from './journal.js';
import { sentenceOfDeleted } from './sentence.js';

@Controller()
export class OnAppDeleted {
  constructor(
    private readonly journal: Journal,
    private readonly follows: Follows,
  ) {}

  @On(appDeleted)
  async handle(fact: AppDeleted, envelope: Envelope): Promise<void> {
    await this.journal.record(appDeleted, fact, envelope, sentenceOfDeleted(fact));
    // A reader that misses it is told at its next renewal that there is no such App.
    await this.follows.end({ appId: fact.app.id, environmentId: fact.app.environment.id });
  }
}
