import { Controller } from '@nestjs/common';
import { DomainChanged, domainRemoved, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';

import { TakeInFact } from './take-in-fact.js';

@Controller()
export class OnDomainRemoved {
  constructor(private readonly facts: TakeInFact) {}

  @On(domainRemoved)
  handle(payload: DomainChanged, envelope: Envelope): Promise<void> {
    return this.facts.take(domainRemoved, payload, envelope);
  }
}
