import { Controller } from '@nestjs/common';
import { type AppDeleting, appDeleting, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';

import { Journal } from './journal.js';
import { sentenceOfDeleting } from './sentence.js';

@Controller()
export class OnAppDeleting {
  constructor(private readonly journal: Journal) {}

  @On(appDeleting)
  handle(fact: AppDeleting, envelope: Envelope): Promise<void> {
    return this.journal.record(appDeleting, fact, envelope, sentenceOfDeleting(fact));
  }
}
