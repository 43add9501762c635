import { Controller } from '@nestjs/common';
import { type AppDeleted, appDeleted, type Envelope } from '@slipway/contracts';
import { On } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { forgetAudience } from './record-audience.js';

@Controller()
export class OnAppDeleted {
  constructor(private readonly inbox: Inbox) {}

  // The Environment stays until its namespace is removed, which is an event of its own.
  @On(appDeleted)
  handle({ app }: AppDeleted, envelope: Envelope): Promise<void> {
    return this.inbox.once(appDeleted, envelope, (tx) => forgetAudience(tx, app.id, new Date()));
  }
}
