// Owns where mails go: to the configured SMTP server, or into files. Nodemailer composes and speaks the protocol.
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { createTransport } from 'nodemailer';

import { NotificationsConfig, publicUrlOf } from '../notifications.config.js';
import type { DueMail } from './mail-queue.js';
import { mailText } from './mail-text.js';

/** Where STARTTLS is part of the protocol (RFC 6409, RFC 8314); a relay that cannot has another one. */
const SUBMISSION_PORT = 587;
const CONNECT_TIMEOUT_MS = 10_000;
const SILENCE_TIMEOUT_MS = 20_000;

/** The server of the configuration: AWS_SES_*, else MAILTRAP_*; null is none. */
export function smtpOptions(config: Readonly<NotificationsConfig>) {
  const { smtpHost, smtpPort, smtpUsername, smtpPassword } = config;
  const { mailtrapHost, mailtrapPort, mailtrapUsername, mailtrapPassword } = config;
  const server =
    smtpHost !== undefined
      ? { host: smtpHost, port: smtpPort, user: smtpUsername, pass: smtpPassword }
      : mailtrapHost !== undefined
        ? { host: mailtrapHost, port: mailtrapPort, user: mailtrapUsername, pass: mailtrapPassword }
        : null;
  if (!server) return null;
  const { host, port, user, pass } = server;
  return {
    host,
    port,
    secure: port === 465,
    // Neither a password nor what goes to a port of submission is told over an open line, also when somebody on the way hides that the
    // server can encrypt.
    requireTLS: port === SUBMISSION_PORT || user !== undefined,
    ...(user !== undefined && { auth: { user, pass: pass ?? '' } }),
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SILENCE_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

@Injectable()
export class MailTransport implements OnModuleDestroy {
  private readonly smtp;
  private readonly composer = createTransport({ streamTransport: true, buffer: true });

  constructor(private readonly config: NotificationsConfig) {
    const options = smtpOptions(config);
    this.smtp = options && createTransport(options);
  }

  onModuleDestroy(): void {
    this.smtp?.close();
  }

  /** Resolves when the server has taken the mail, or its file is there. */
  async send({ id, to, template, fields }: DueMail): Promise<void> {
    const { domainSuffix, emailFrom = `no-reply@${domainSuffix}`, emailFromName, mailDir } = this.config;
    const message = {
      from: { name: emailFromName, address: emailFrom },
      to: { name: '', address: to },
      messageId: `<${id}@${emailFrom.slice(emailFrom.lastIndexOf('@') + 1)}>`,
      // Nobody's holiday notice answers to it.
      headers: { 'Auto-Submitted': 'auto-generated' },
      ...mailText(template, fields, publicUrlOf(this.config)),
    };
    if (this.smtp) {
      await this.smtp.sendMail(message);
      return;
    }
    const { message: bytes } = await this.composer.sendMail(message);
    await mkdir(mailDir, { recursive: true, mode: 0o700 });
    const file = join(mailDir, `${id}.eml`);
    await writeFile(`${file}.part`, bytes as Buffer, { mode: 0o600 });
    await rename(`${file}.part`, file);
  }
}
