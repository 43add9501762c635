import { Controller } from '@nestjs/common';
import { type DomainChanged, domainVerified, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';

import { Journal } from './journal.js';
import { sentenceOfDomainVerified } from './sentence.js';

@Controller()
export class OnDomainVerified {
  constructor(private readonly journal: Journal) {}

  @On(domainVerified)
  handle(fact: DomainChanged, envelope: Envelope): Promise<void> {
    return this.journal.record(domainVerified, fact, envelope, sentenceOfDomainVerified(fact));
  }
}
