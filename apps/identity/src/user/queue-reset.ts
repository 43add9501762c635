import { Controller } from '@nestjs/common';
import { type Envelope, queueReset, requestReset, type RequestReset } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

@Controller()
export class QueueResetHandler {
  constructor(private readonly inbox: Inbox) {}

  /** Looks at no account. The outbox holds what was promised until `requestReset` has it. */
  @Handles(queueReset)
  handle(input: RequestReset, envelope: Envelope): Promise<void> {
    return this.inbox.once(queueReset, envelope, (tx) => tx.outbox.send(requestReset, input));
  }
}
