import { Controller } from '@nestjs/common';
import { type AppScaled, appScaled, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { recordAudience } from '../audience/record-audience.js';
import { recordActivity } from './record-activity.js';
import { sentenceOfScaled } from './sentence.js';

@Controller()
export class OnAppScaled {
  constructor(private readonly inbox: Inbox) {}

  @On(appScaled)
  handle(fact: AppScaled, envelope: Envelope): Promise<void> {
    return this.inbox.once(appScaled, envelope, async (tx) => {
      await recordAudience(tx, fact.app);
      await recordActivity(tx, envelope, { event: appScaled, ...fact, message: sentenceOfScaled(fact) });
    });
  }
}
