import { Controller } from '@nestjs/common';
import { type AppPhaseChanged, appPhaseChanged, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { recordAudience } from '../audience/record-audience.js';
import { recordActivity } from './record-activity.js';
import { sentenceOfPhase } from './sentence.js';

@Controller()
export class OnAppPhaseChanged {
  constructor(private readonly inbox: Inbox) {}

  @On(appPhaseChanged)
  handle(fact: AppPhaseChanged, envelope: Envelope): Promise<void> {
    return this.inbox.once(appPhaseChanged, envelope, async (tx) => {
      await recordAudience(tx, fact.app);
      await recordActivity(tx, envelope, { event: appPhaseChanged, ...fact, message: sentenceOfPhase(fact) });
    });
  }
}
