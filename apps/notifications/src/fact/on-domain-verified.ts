import { Controller } from '@nestjs/common';
import { DomainChanged, domainVerified, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';

import { TakeInFact } from './take-in-fact.js';

@Controller()
export class OnDomainVerified {
  constructor(private readonly facts: TakeInFact) {}

  @On(domainVerified)
  handle(payload: DomainChanged, envelope: Envelope): Promise<void> {
    return this.facts.take(domainVerified, payload, envelope);
  }
}
