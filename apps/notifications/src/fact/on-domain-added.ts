import { Controller } from '@nestjs/common';
import { DomainChanged, domainAdded, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';

import { TakeInFact } from './take-in-fact.js';

@Controller()
export class OnDomainAdded {
  constructor(private readonly facts: TakeInFact) {}

  @On(domainAdded)
  handle(payload: DomainChanged, envelope: Envelope): Promise<void> {
    return this.facts.take(domainAdded, payload, envelope);
  }
}
