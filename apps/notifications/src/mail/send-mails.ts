// Owns sending what is due, a few at once. A mail may arrive twice when a process ends between the server's word and the commit:
// then under the same Message-ID. It is never lost.
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Counter, Metrics, ServiceLogger, within } from '@slipway/runtime';

import { type DueMail, MailQueue } from './mail-queue.js';
import { MailTransport } from './mail-transport.js';

const AT_ONCE = 4;
const EVERY_MS = 1_000;
const GRACE_MS = 5_000;
const ERROR_LENGTH = 500;

@Injectable()
export class SendMails implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly running = new Set<Promise<void>>();
  private readonly attempts: Counter<'outcome'>;
  private timer: NodeJS.Timeout | undefined;
  private stopping = false;
  private failing = false;

  constructor(
    private readonly queue: MailQueue,
    private readonly transport: MailTransport,
    private readonly logger: ServiceLogger,
    metrics: Metrics,
  ) {
    this.attempts = new Counter({
      name: 'slipway_mail_attempts_total',
      help: 'Attempts to send a mail, by what became of it.',
      labelNames: ['outcome'],
      registers: [metrics],
    });
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.wake(), EVERY_MS);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    clearInterval(this.timer);
    // What is cut here is due again when its attempt counts as lost.
    await within(GRACE_MS, Promise.all(this.running), () => new Error('mails are still being sent')).catch(() => {});
  }

  /** Called after a commit that left something to send, and by the clock. */
  wake(): void {
    if (this.stopping || this.running.size >= AT_ONCE) return;
    const work = this.work()
      .then(() => {
        if (this.failing) this.logger.info('mails are sent again');
        this.failing = false;
      })
      // Told once for as long as it lasts: the clock tries again every second.
      .catch((error: unknown) => {
        if (!this.failing) this.logger.warn('mails cannot be sent', { err: error });
        this.failing = true;
      })
      .finally(() => this.running.delete(work));
    this.running.add(work);
  }

  private async work(): Promise<void> {
    while (!this.stopping) {
      const mail = await this.queue.claim();
      if (!mail) return;
      // There may be more.
      this.wake();
      await this.attempt(mail);
    }
  }

  private async attempt(mail: DueMail): Promise<void> {
    try {
      await this.transport.send(mail);
    } catch (error) {
      const text = (error instanceof Error ? error.message : String(error)).slice(0, ERROR_LENGTH);
      const givenUp = await this.queue.failed(mail, text, isPermanent(error));
      this.attempts.inc({ outcome: givenUp ? 'failed' : 'pending' });
      this.logger.warn(givenUp ? 'a mail is given up' : 'a mail could not be sent', {
        mail: mail.id,
        template: mail.template,
        reason: text,
      });
      return;
    }
    await this.queue.sent(mail);
    this.attempts.inc({ outcome: 'sent' });
  }
}

/** The server refuses this recipient or this message for good. A refused login is not that: the operator mends it. */
function isPermanent(error: unknown): boolean {
  const { code, responseCode } = error as { code?: string; responseCode?: number };
  return (code === 'EENVELOPE' || code === 'EMESSAGE') && (responseCode ?? 0) >= 500;
}
