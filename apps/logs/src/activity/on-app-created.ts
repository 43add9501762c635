import { Controller } from '@nestjs/common';
import { type AppCreated, appCreated, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { recordAudience } from '../audience/record-audience.js';
import { recordActivity } from './record-activity.js';
import { sentenceOfCreated } from './sentence.js';

@Controller()
export class OnAppCreated {
  constructor(private readonly inbox: Inbox) {}

  @On(appCreated)
  handle(fact: AppCreated, envelope: Envelope): Promise<void> {
    return this.inbox.once(appCreated, envelope, async (tx) => {
      await recordAudience(tx, fact.app);
      await recordActivity(tx, envelope, { event: appCreated, ...fact, message: sentenceOfCreated(fact) });
    });
  }
}
