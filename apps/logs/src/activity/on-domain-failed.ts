import { Controller } from '@nestjs/common';
import { type DomainChanged, domainFailed, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';

import { Journal } from './journal.js';
import { sentenceOfDomainFailed } from './sentence.js';

@Controller()
export class OnDomainFailed {
  constructor(private readonly journal: Journal) {}

  @On(domainFailed)
  handle(fact: DomainChanged, envelope: Envelope): Promise<void> {
    return this.journal.record(domainFailed, fact, envelope, sentenceOfDomainFailed(fact));
  }
}
