import { Controller } from '@nestjs/common';
import { type DomainChanged, domainRemoved, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';

import { Journal } from './journal.js';
import { sentenceOfDomainRemoved } from './sentence.js';

@Controller()
export class OnDomainRemoved {
  constructor(private readonly journal: Journal) {}

  @On(domainRemoved)
  handle(fact: DomainChanged, envelope: Envelope): Promise<void> {
    return this.journal.record(domainRemoved, fact, envelope, sentenceOfDomainRemoved(fact));
  }
}
