import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { sendMail, type SendMail } from '@slipway/contracts';
import { assertNoDrift } from '@slipway/persistence';
import { type Harness, waitFor } from '@slipway/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { startNotifications } from '../fixture/notifications.js';
import { smtpError, type SmtpReceiver, startSmtpReceiver } from '../fixture/smtp-receiver.js';
import { MailEntity } from './mail.entity.js';

const TOKEN = 'T0kenOfAReset_that-is-shown-to-nobody-else-';

function resetTo(to: string, more: Partial<SendMail> = {}): SendMail {
  return { to, template: 'password-reset', fields: { username: 'kim', token: TOKEN }, ...more };
}
const freshAddress = (): string => `kim-${randomUUID()}@example.org`;

async function rowOf(harness: Harness, to: string): Promise<MailEntity | undefined> {
  return (await harness.rows(MailEntity, { to }))[0];
}

describe('send a mail', () => {
  let smtp: SmtpReceiver;
  let harness: Harness;
  beforeAll(async () => {
    smtp = await startSmtpReceiver();
    harness = await startNotifications({
      AWS_SES_SMTP_HOST: '127.0.0.1',
      AWS_SES_SMTP_PORT: String(smtp.port),
      EMAIL_FROM: 'engine@example.com',
      EMAIL_FROM_NAME: 'The Engine',
      PUBLIC_URL: 'https://engine.example.com',
    });
  });
  afterEach(() => {
    smtp.behaviour = undefined;
  });
  afterAll(async () => {
    await harness.close();
    await smtp.close();
  });
  const receivedBy = (address: string) => smtp.received.filter(({ to }) => to.includes(address));

  it('hands it to the server, with the link, from the configured sender', async () => {
    const to = freshAddress();
    await harness.execute(sendMail, resetTo(to), { actor: undefined });
    const [mail] = await waitFor(() => receivedBy(to).length === 1 && receivedBy(to));
    const { id } = (await rowOf(harness, to)) ?? {};
    expect(mail?.from).toBe('engine@example.com');
    expect(mail?.source).toContain('From: The Engine <engine@example.com>');
    expect(mail?.source).toContain(`Message-ID: <${id}@example.com>`);
    expect(mail?.source.replaceAll('=\r\n', '').replaceAll('=3D', '=')).toContain(
      `https://engine.example.com/reset-password?token=${TOKEN}`,
    );
  });

  it('sends one when the command is delivered twice, and forgets its fields', async () => {
    const to = freshAddress();
    const message = harness.message(sendMail, resetTo(to), { actor: undefined });
    await harness.deliver(message);
    await harness.deliver(message);
    await waitFor(async () => (await rowOf(harness, to))?.sentAt);
    expect(await harness.rows(MailEntity, { to })).toMatchObject([{ fields: null, nextAttemptAt: null, attempts: 1 }]);
    expect(receivedBy(to)).toHaveLength(1);
  });

  it('tries again what the server could not take, keeping the fields encrypted meanwhile', async () => {
    smtp.behaviour = smtpError(451, 'come back later');
    const to = freshAddress();
    await harness.execute(sendMail, resetTo(to), { actor: undefined });
    const row = await waitFor(async () => {
      const found = await rowOf(harness, to);
      return found?.attempts === 1 && found;
    });
    expect(row.lastError).toContain('come back later');
    expect(row.fields).toMatch(/^enc:v1:/);
    expect(row.fields).not.toContain(TOKEN);
    expect(row.nextAttemptAt?.getTime()).toBeGreaterThan(Date.now());
    smtp.behaviour = undefined;
    await waitFor(() => receivedBy(to).length === 1);
    await waitFor(async () => (await rowOf(harness, to))?.attempts === 2);
  });

  it('gives up what the server refuses for good', async () => {
    smtp.behaviour = smtpError(550, 'nobody of that name');
    const to = freshAddress();
    await harness.execute(sendMail, resetTo(to), { actor: undefined });
    const row = await waitFor(async () => {
      const found = await rowOf(harness, to);
      return found?.attempts === 1 && found;
    });
    expect(row).toMatchObject({ nextAttemptAt: null, sentAt: null, fields: null });
  });

  it('does not send what has lost its sense', async () => {
    const [late, next] = [freshAddress(), freshAddress()];
    await harness.execute(sendMail, resetTo(late, { expiresAt: new Date(0).toISOString() }), { actor: undefined });
    await harness.execute(sendMail, resetTo(next), { actor: undefined });
    await waitFor(() => receivedBy(next).length === 1);
    expect(await waitFor(() => rowOf(harness, late))).toMatchObject({ nextAttemptAt: null, fields: null, attempts: 0 });
    expect(receivedBy(late)).toEqual([]);
  });

  it('sends the mail of a process that was killed while it sent: its claim runs out', async () => {
    smtp.behaviour = 'silent';
    const to = freshAddress();
    await harness.execute(sendMail, resetTo(to), { actor: undefined });
    const claimed = await waitFor(async () => {
      const found = await rowOf(harness, to);
      return (found?.nextAttemptAt?.getTime() ?? 0) > Date.now() + 60_000 && found;
    });
    expect(claimed.attempts).toBe(0);
    // A server that is well again before the first attempt arrives would take both.
    await waitFor(() => smtp.unanswered === 1);
    smtp.behaviour = undefined;
    await harness.dataSource.getRepository(MailEntity).update({ to }, { nextAttemptAt: new Date() });
    await waitFor(() => receivedBy(to).length === 1);
  });

  it('keeps what it takes while it stops, and sends it after the next start', async () => {
    const to = freshAddress();
    smtp.behaviour = smtpError(421, 'closing');
    await harness.execute(sendMail, resetTo(to), { actor: undefined });
    await waitFor(async () => (await rowOf(harness, to))?.attempts === 1);
    await harness.stop();
    smtp.behaviour = undefined;
    await harness.start();
    await waitFor(() => receivedBy(to).length === 1);
  });

  it('has the table that its entity says', async () => {
    await expect(assertNoDrift(harness.dataSource)).resolves.toBeUndefined();
  });
});

describe('send a mail with a password of the server', () => {
  it('says neither password nor mail over a line that is not encrypted', async () => {
    const smtp = await startSmtpReceiver();
    const harness = await startNotifications({
      MAILTRAP_SMTP_HOST: '127.0.0.1',
      MAILTRAP_SMTP_PORT: String(smtp.port),
      MAILTRAP_USERNAME: 'kim',
      MAILTRAP_PASSWORD: 'a password',
    });
    try {
      const to = freshAddress();
      await harness.execute(sendMail, resetTo(to), { actor: undefined });
      await waitFor(async () => (await rowOf(harness, to))?.attempts === 1);
      expect((await rowOf(harness, to))?.nextAttemptAt).not.toBeNull();
      expect({ logins: smtp.logins, received: smtp.received }).toEqual({ logins: [], received: [] });
    } finally {
      await harness.close();
      await smtp.close();
    }
  });
});

describe('send a mail without a user of the server', () => {
  it('encrypts where the server can, and tells nothing to one whose certificate nobody knows', async () => {
    // The certificate that smtp-server brings is its own.
    const smtp = await startSmtpReceiver({ hideSTARTTLS: false });
    const harness = await startNotifications({
      AWS_SES_SMTP_HOST: '127.0.0.1',
      AWS_SES_SMTP_PORT: String(smtp.port),
    });
    try {
      const to = freshAddress();
      await harness.execute(sendMail, resetTo(to), { actor: undefined });
      const tried = await waitFor(async () => {
        const found = await rowOf(harness, to);
        return found?.attempts === 1 && found;
      });
      expect(tried.nextAttemptAt).not.toBeNull();
      expect(smtp.received).toEqual([]);
    } finally {
      await harness.close();
      await smtp.close();
    }
  });
});

describe('send a mail without a server', () => {
  it('puts it into MAIL_DIR, readable for its owner alone', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'slipway-mail-')), 'mail');
    const harness = await startNotifications({ MAIL_DIR: folder, DOMAIN_SUFFIX: 'apps.example.com' });
    try {
      const to = freshAddress();
      await harness.execute(sendMail, resetTo(to), { actor: undefined });
      await waitFor(async () => (await rowOf(harness, to))?.sentAt);
      const { id } = (await rowOf(harness, to)) ?? {};
      expect(readdirSync(folder)).toEqual([`${id}.eml`]);
      const file = join(folder, `${id}.eml`);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(readFileSync(file, 'utf8')).toContain('From: Container Engine <no-reply@apps.example.com>');
    } finally {
      await harness.close();
    }
  });
});
