import { Controller } from '@nestjs/common';
import { type AppId, type AppDeleted, appDeleted, type Envelope, type Event } from '@slipway/contracts';
import { On } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { forgetAudiences } from './record-audience.js';

@Controller()
export class OnAppDeleted {
  private readonly take: (event: Event<object>, envelope: Envelope, id: AppId) => Promise<void>;

  constructor(inbox: Inbox) {
    this.take = inbox.together<AppId>(forgetAudiences);
  }

  // The Environment stays until its namespace is removed, which is an event of its own.
  @On(appDeleted)
  handle({ app }: AppDeleted, envelope: Envelope): Promise<void> {
    return this.take(appDeleted, envelope, app.id);
  }
}
