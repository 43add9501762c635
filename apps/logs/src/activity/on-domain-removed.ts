import { Controller } from '@nestjs/common';
import { type DomainChanged, domainRemoved, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { recordAudience } from '../audience/record-audience.js';
import { recordActivity } from './record-activity.js';
import { sentenceOfDomainRemoved } from './sentence.js';

@Controller()
export class OnDomainRemoved {
  constructor(private readonly inbox: Inbox) {}

  @On(domainRemoved)
  handle(fact: DomainChanged, envelope: Envelope): Promise<void> {
    return this.inbox.once(domainRemoved, envelope, async (tx) => {
      await recordAudience(tx, fact.app);
      await recordActivity(tx, envelope, { event: domainRemoved, ...fact, message: sentenceOfDomainRemoved(fact) });
    });
  }
}
