import { Controller } from '@nestjs/common';
import { type DomainChanged, domainAdded, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';

import { Journal } from './journal.js';
import { sentenceOfDomainAdded } from './sentence.js';

@Controller()
export class OnDomainAdded {
  constructor(private readonly journal: Journal) {}

  @On(domainAdded)
  handle(fact: DomainChanged, envelope: Envelope): Promise<void> {
    return this.journal.record(domainAdded, fact, envelope, sentenceOfDomainAdded(fact));
  }
}
