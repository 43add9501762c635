import { Controller } from '@nestjs/common';
import { type DomainChanged, domainVerified, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { recordAudience } from '../audience/record-audience.js';
import { recordActivity } from './record-activity.js';
import { sentenceOfDomainVerified } from './sentence.js';

@Controller()
export class OnDomainVerified {
  constructor(private readonly inbox: Inbox) {}

  @On(domainVerified)
  handle(fact: DomainChanged, envelope: Envelope): Promise<void> {
    return this.inbox.once(domainVerified, envelope, async (tx) => {
      await recordAudience(tx, fact.app);
      await recordActivity(tx, envelope, { event: domainVerified, ...fact, message: sentenceOfDomainVerified(fact) });
    });
  }
}
