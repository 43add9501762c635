import { Controller } from '@nestjs/common';
import { type Envelope, sendMail, type SendMail } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { MailQueue } from './mail-queue.js';
import { SendMails } from './send-mails.js';

@Controller()
export class SendMailHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly queue: MailQueue,
    private readonly sender: SendMails,
  ) {}

  @Handles(sendMail)
  async handle(input: SendMail, envelope: Envelope): Promise<void> {
    await this.inbox.once(sendMail, envelope, (tx) => this.queue.add(tx, envelope.operationId, input));
    this.sender.wake();
  }
}
