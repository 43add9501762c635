import { Controller } from '@nestjs/common';
import { type AppDeleted, appDeleted, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { forgetAudience } from '../audience/record-audience.js';
import { recordActivity } from './record-activity.js';
import { sentenceOfDeleted } from './sentence.js';

@Controller()
export class OnAppDeleted {
  constructor(private readonly inbox: Inbox) {}

  @On(appDeleted)
  handle(fact: AppDeleted, envelope: Envelope): Promise<void> {
    return this.inbox.once(appDeleted, envelope, async (tx) => {
      await forgetAudience(tx, fact.app.id, new Date());
      await recordActivity(tx, envelope, { event: appDeleted, ...fact, message: sentenceOfDeleted(fact) });
    });
  }
}
