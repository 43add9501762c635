import { Controller } from '@nestjs/common';
import { type AppDeleted, appDeleted, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { forgetAudience } from '../audience/record-audience.js';
import { forgetFollows } from '../follow/follow-ownership.js';
import { Follows } from '../follow/follows.js';
import { recordActivity } from './record-activity.js';
import { sentenceOfDeleted } from './sentence.js';

@Controller()
export class OnAppDeleted {
  constructor(
    private readonly inbox: Inbox,
    private readonly follows: Follows,
  ) {}

  @On(appDeleted)
  async handle(fact: AppDeleted, envelope: Envelope): Promise<void> {
    await this.inbox.once(appDeleted, envelope, async (tx) => {
      await forgetAudience(tx, fact.app.id, new Date());
      await forgetFollows(tx, fact.app.id);
      await recordActivity(tx, envelope, { event: appDeleted, ...fact, message: sentenceOfDeleted(fact) });
    });
    // A reader that misses it is told at its next renewal that there is no such App.
    await this.follows.end({ appId: fact.app.id, environmentId: fact.app.environment.id });
  }
}
