import { isDnsName, isEmail, WEBHOOK_TYPES, type WebhookType } from '@slipway/contracts';
import { NatsUrl, SealPrivateKey } from '@slipway/messaging';
import { OutboundAllow } from '@slipway/outbound';
import { DatabaseUrl, EncryptionKeys } from '@slipway/persistence';
import { Fits, Variable } from '@slipway/runtime';
import { IsIn, IsInt, IsNotEmpty, IsOptional, IsUrl, Max, Min, ValidateBy } from 'class-validator';

import { isWebhookUrl } from './subscription/subscription.js';

export const ALL_TYPES = 'all';
/** Submission with STARTTLS; 465 is TLS from the first byte. */
const SMTP_PORT = 587;
const DOMAIN_SUFFIX = 'vinhomes.co.uk';
const EMAIL_FROM_NAME = 'Container Engine';
const MAIL_DIR = '.slipway/mail';
const PORT = 3000;

export class NotificationsConfig {
  @DatabaseUrl() databaseUrl: string;
  @NatsUrl() natsUrl: string;
  @EncryptionKeys() encryptionKeys: string;
  @SealPrivateKey() sealPrivateKey: string;

  @Variable('WEBHOOK_URL', {
    description:
      'Is told of every deployment of every user; the operator’s own, so loopback and private addresses pass.',
  })
  @IsOptional()
  @ValidateBy({
    name: 'webhookUrl',
    validator: {
      validate: (text: unknown) => typeof text === 'string' && isWebhookUrl(text),
      defaultMessage: () => 'must be an http or https URL without user and password',
    },
  })
  webhookUrl?: string;

  @Variable('WEBHOOK_SECRET', {
    secret: true,
    description: 'Signs what goes to WEBHOOK_URL: `whsec_<base64>`, or any other text. Unset: no signature.',
  })
  @IsOptional()
  @IsNotEmpty()
  webhookSecret?: string;

  @Variable('WEBHOOK_EVENTS', {
    type: 'list',
    default: [],
    description:
      'Types that WEBHOOK_URL gets beside deployment_started, deployment_completed and deployment_failed, or `all`.',
  })
  @IsIn([...WEBHOOK_TYPES, ALL_TYPES], { each: true })
  webhookEvents: readonly (WebhookType | typeof ALL_TYPES)[];

  @OutboundAllow() outboundAllow: readonly string[];

  @Variable('PUBLIC_URL', { description: 'Where links in mails lead. Default: http://localhost:<PORT>.' })
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true, require_tld: false })
  publicUrl?: string;

  @Variable('PORT', { type: 'integer', default: PORT, description: 'Port of the HTTP API; 0 takes a free one.' })
  @IsInt()
  @Min(0)
  @Max(65_535)
  gatewayPort: number;

  @Variable('DOMAIN_SUFFIX', {
    default: DOMAIN_SUFFIX,
    placeholder: true,
    description: 'Mails come from it, unless EMAIL_FROM is set.',
  })
  @Fits(isDnsName, 'has to be a DNS name in lower case')
  domainSuffix: string;

  @Variable('AWS_SES_SMTP_HOST', {
    description: 'The SMTP server, any one, that mails leave by. Unset: MAILTRAP_SMTP_HOST, else files in MAIL_DIR.',
  })
  @IsOptional()
  @IsNotEmpty()
  smtpHost?: string;

  @Variable('AWS_SES_SMTP_PORT', {
    type: 'integer',
    default: SMTP_PORT,
    description: 'Its port: 465 is TLS from the first byte, others STARTTLS.',
  })
  @IsInt()
  @Min(1)
  @Max(65_535)
  smtpPort: number;

  @Variable('AWS_SES_USERNAME', { description: 'Its user; the connection is then encrypted, or there is none.' })
  @IsOptional()
  smtpUsername?: string;

  @Variable('AWS_SES_PASSWORD', { secret: true, description: 'The password of that user.' })
  @IsOptional()
  smtpPassword?: string;

  @Variable('MAILTRAP_SMTP_HOST', { description: 'Read when AWS_SES_SMTP_HOST is unset, with those that follow.' })
  @IsOptional()
  @IsNotEmpty()
  mailtrapHost?: string;

  @Variable('MAILTRAP_SMTP_PORT', { type: 'integer', default: SMTP_PORT, description: 'As AWS_SES_SMTP_PORT.' })
  @IsInt()
  @Min(1)
  @Max(65_535)
  mailtrapPort: number;

  @Variable('MAILTRAP_USERNAME', { description: 'As AWS_SES_USERNAME.' })
  @IsOptional()
  mailtrapUsername?: string;

  @Variable('MAILTRAP_PASSWORD', { secret: true, description: 'As AWS_SES_PASSWORD.' })
  @IsOptional()
  mailtrapPassword?: string;

  @Variable('MAIL_DIR', {
    default: MAIL_DIR,
    description: 'Folder in which mails are put as `.eml` files when no SMTP server is set.',
  })
  mailDir: string;

  @Variable('EMAIL_FROM', { description: 'Sender of mails. Default: no-reply@<DOMAIN_SUFFIX>.' })
  @IsOptional()
  @ValidateBy({
    name: 'emailFrom',
    validator: {
      validate: (text: unknown) => typeof text === 'string' && isEmail(text),
      defaultMessage: () => 'must be an e-mail address',
    },
  })
  emailFrom?: string;

  @Variable('EMAIL_FROM_NAME', { default: EMAIL_FROM_NAME, description: 'Name of that sender.' })
  @IsNotEmpty()
  emailFromName: string;
}

export function publicUrlOf({ publicUrl, gatewayPort }: Readonly<NotificationsConfig>): string {
  return publicUrl ?? `http://localhost:${gatewayPort}`;
}
