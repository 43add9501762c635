import { Controller } from '@nestjs/common';
import { type AppFacts, type AppDeleting, appDeleting, type Envelope, type Event } from '@slipway/contracts';
import { On } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { EnvironmentState } from './environment.entity.js';
import { recordApps } from './record-apps.js';

@Controller()
export class OnAppDeleting {
  private readonly take: (event: Event<object>, envelope: Envelope, app: AppFacts) => Promise<void>;

  constructor(inbox: Inbox) {
    this.take = inbox.together<AppFacts>((tx, apps) => recordApps(tx, apps, EnvironmentState.deleting));
  }

  // An App on its way out is still seen in an Environment that it shares; one of its own goes with it.
  @On(appDeleting)
  handle({ app }: AppDeleting, envelope: Envelope): Promise<void> {
    return this.take(appDeleting, envelope, app);
  }
}
