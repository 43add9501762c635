import { Controller } from '@nestjs/common';
import { type AppUpdated, appUpdated, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { recordAudience } from '../audience/record-audience.js';
import { recordActivity } from './record-activity.js';
import { sentenceOfUpdated } from './sentence.js';

@Controller()
export class OnAppUpdated {
  constructor(private readonly inbox: Inbox) {}

  @On(appUpdated)
  handle(fact: AppUpdated, envelope: Envelope): Promise<void> {
    return this.inbox.once(appUpdated, envelope, async (tx) => {
      await recordAudience(tx, fact.app);
      await recordActivity(tx, envelope, { event: appUpdated, ...fact, message: sentenceOfUpdated(fact) });
    });
  }
}
