import { Controller } from '@nestjs/common';
import { type AppCreated, appCreated, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { recordAudience } from '../app-audience/record-audience.js';
import { EnvironmentState } from './environment.entity.js';
import { recordDedicatedEnvironment } from './record-environment.js';

@Controller()
export class OnAppCreated {
  constructor(private readonly inbox: Inbox) {}

  @On(appCreated)
  handle({ app }: AppCreated, envelope: Envelope): Promise<void> {
    return this.inbox.once(appCreated, envelope, async (tx) => {
      await recordAudience(tx, app);
      await recordDedicatedEnvironment(tx, app, EnvironmentState.active, new Date());
    });
  }
}
