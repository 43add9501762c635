import { Controller } from '@nestjs/common';
import { type AppDeleting, appDeleting, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { recordAudience } from '../app-audience/record-audience.js';
import { EnvironmentState } from './environment.entity.js';
import { recordDedicatedEnvironment } from './record-environment.js';

@Controller()
export class OnAppDeleting {
  constructor(private readonly inbox: Inbox) {}

  // An App on its way out is still seen in an Environment that it shares; one of its own goes with it.
  @On(appDeleting)
  handle({ app }: AppDeleting, envelope: Envelope): Promise<void> {
    return this.inbox.once(appDeleting, envelope, async (tx) => {
      await recordAudience(tx, app);
      await recordDedicatedEnvironment(tx, app, EnvironmentState.deleting, new Date());
    });
  }
}
