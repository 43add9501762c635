import { Controller } from '@nestjs/common';
import { type Envelope, type NamespaceRemoved, namespaceRemoved } from '@slipway/contracts';
import { On } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { removeEnvironment } from './record-environment.js';

@Controller()
export class OnNamespaceRemoved {
  constructor(private readonly inbox: Inbox) {}

  @On(namespaceRemoved)
  handle({ environmentId }: NamespaceRemoved, envelope: Envelope): Promise<void> {
    return this.inbox.once(namespaceRemoved, envelope, (tx) => removeEnvironment(tx, environmentId, new Date()));
  }
}
