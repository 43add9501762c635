import { Controller } from '@nestjs/common';
import { type DomainChanged, domainFailed, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { recordAudience } from '../audience/record-audience.js';
import { recordActivity } from './record-activity.js';
import { sentenceOfDomainFailed } from './sentence.js';

@Controller()
export class OnDomainFailed {
  constructor(private readonly inbox: Inbox) {}

  @On(domainFailed)
  handle(fact: DomainChanged, envelope: Envelope): Promise<void> {
    return this.inbox.once(domainFailed, envelope, async (tx) => {
      await recordAudience(tx, fact.app);
      await recordActivity(tx, envelope, { event: domainFailed, ...fact, message: sentenceOfDomainFailed(fact) });
    });
  }
}
