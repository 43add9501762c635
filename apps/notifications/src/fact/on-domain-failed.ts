import { Controller } from '@nestjs/common';
import { DomainChanged, domainFailed, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';

import { TakeInFact } from './take-in-fact.js';

@Controller()
export class OnDomainFailed {
  constructor(private readonly facts: TakeInFact) {}

  @On(domainFailed)
  handle(payload: DomainChanged, envelope: Envelope): Promise<void> {
    return this.facts.take(domainFailed, payload, envelope);
  }
}
