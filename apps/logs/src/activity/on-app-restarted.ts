import { Controller } from '@nestjs/common';
import { type AppRestarted, appRestarted, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { recordAudience } from '../audience/record-audience.js';
import { recordActivity } from './record-activity.js';
import { sentenceOfRestarted } from './sentence.js';

@Controller()
export class OnAppRestarted {
  constructor(private readonly inbox: Inbox) {}

  @On(appRestarted)
  handle(fact: AppRestarted, envelope: Envelope): Promise<void> {
    return this.inbox.once(appRestarted, envelope, async (tx) => {
      await recordAudience(tx, fact.app);
      await recordActivity(tx, envelope, { event: appRestarted, ...fact, message: sentenceOfRestarted(fact) });
    });
  }
}
