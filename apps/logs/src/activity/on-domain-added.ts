import { Controller } from '@nestjs/common';
import { type DomainChanged, domainAdded, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { recordAudience } from '../audience/record-audience.js';
import { recordActivity } from './record-activity.js';
import { sentenceOfDomainAdded } from './sentence.js';

@Controller()
export class OnDomainAdded {
  constructor(private readonly inbox: Inbox) {}

  @On(domainAdded)
  handle(fact: DomainChanged, envelope: Envelope): Promise<void> {
    return this.inbox.once(domainAdded, envelope, async (tx) => {
      await recordAudience(tx, fact.app);
      await recordActivity(tx, envelope, { event: domainAdded, ...fact, message: sentenceOfDomainAdded(fact) });
    });
  }
}
