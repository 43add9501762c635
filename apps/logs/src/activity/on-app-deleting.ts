import { Controller } from '@nestjs/common';
import { type AppDeleting, appDeleting, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { recordAudience } from '../audience/record-audience.js';
import { recordActivity } from './record-activity.js';
import { sentenceOfDeleting } from './sentence.js';

@Controller()
export class OnAppDeleting {
  constructor(private readonly inbox: Inbox) {}

  @On(appDeleting)
  handle(fact: AppDeleting, envelope: Envelope): Promise<void> {
    return this.inbox.once(appDeleting, envelope, async (tx) => {
      await recordAudience(tx, fact.app);
      await recordActivity(tx, envelope, { event: appDeleting, ...fact, message: sentenceOfDeleting(fact) });
    });
  }
}
