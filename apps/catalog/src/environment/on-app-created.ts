import { Controller } from '@nestjs/common';
import { type AppFacts, type AppCreated, appCreated, type Envelope, type Event } from '@slipway/contracts';
import { On } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { EnvironmentState } from './environment.entity.js';
import { recordApps } from './record-apps.js';

@Controller()
export class OnAppCreated {
  private readonly take: (event: Event<object>, envelope: Envelope, app: AppFacts) => Promise<void>;

  constructor(inbox: Inbox) {
    this.take = inbox.together<AppFacts>((tx, apps) => recordApps(tx, apps, EnvironmentState.active));
  }

  @On(appCreated)
  handle({ app }: AppCreated, envelope: Envelope): Promise<void> {
    return this.take(appCreated, envelope, app);
  }
}
