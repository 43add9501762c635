import { Controller } from '@nestjs/common';
import { type Envelope, userUpdated, type UserUpdated } from '@slipway/contracts';
import { On } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { changeAddress } from './mail-addresses.js';

@Controller()
export class OnUserUpdated {
  constructor(private readonly inbox: Inbox) {}

  @On(userUpdated)
  async handle({ userId, email }: UserUpdated, envelope: Envelope): Promise<void> {
    // Facts of before the address was told have none.
    if (email == null) return;
    await this.inbox.once(userUpdated, envelope, (tx) =>
      changeAddress(tx, userId, email, new Date(envelope.occurredAt ?? Date.now())),
    );
  }
}
