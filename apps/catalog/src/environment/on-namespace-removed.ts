import { Controller } from '@nestjs/common';
import {
  type EnvironmentId,
  type NamespaceRemoved,
  namespaceRemoved,
  type Envelope,
  type Event,
} from '@slipway/contracts';
import { On } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { removeEnvironments } from './record-environment.js';

@Controller()
export class OnNamespaceRemoved {
  private readonly take: (event: Event<object>, envelope: Envelope, id: EnvironmentId) => Promise<void>;

  constructor(inbox: Inbox) {
    this.take = inbox.together<EnvironmentId>(removeEnvironments);
  }

  @On(namespaceRemoved)
  handle({ environmentId }: NamespaceRemoved, envelope: Envelope): Promise<void> {
    return this.take(namespaceRemoved, envelope, environmentId);
  }
}
