import { WEBHOOK_TYPES, type WebhookType } from '@slipway/contracts';
import { Variable } from '@slipway/runtime';
import { IsIn, IsNotEmpty, IsOptional, ValidateBy } from 'class-validator';

import { isNetwork } from './outbound/networks.js';
import { isWebhookUrl } from './subscription/subscription.js';

export const ALL_TYPES = 'all';

export class NotificationsConfig {
  @Variable('DATABASE_URL', { required: 'always', secret: true, description: "PostgreSQL, as this service's role." })
  @IsNotEmpty()
  databaseUrl: string;

  @Variable('NATS_URL', { required: 'always', secret: true, description: "The broker, as this service's user." })
  @IsNotEmpty()
  natsUrl: string;

  @Variable('ENCRYPTION_KEYS', {
    required: 'always',
    secret: true,
    description: 'Keys of encrypted columns, `<id>:<base64 of 32 bytes>,…`; the first encrypts, all decrypt.',
  })
  @IsNotEmpty()
  encryptionKeys: string;

  @Variable('SEAL_PRIVATE_KEY', {
    required: 'always',
    secret: true,
    description: 'X25519 keys that open sealed fields, `<id>:<base64>,…`.',
  })
  @IsNotEmpty()
  sealPrivateKey: string;

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

  @Variable('OUTBOUND_ALLOW', {
    type: 'list',
    default: [],
    description:
      'Loopback and private networks that webhooks of users may go to, `10.1.0.0/16,loopback`. Metadata and link-local never.',
  })
  @ValidateBy(
    {
      name: 'network',
      validator: {
        validate: (text: unknown) => typeof text === 'string' && isNetwork(text),
        defaultMessage: () => 'must be a list of networks such as 10.1.0.0/16, or the word loopback',
      },
    },
    { each: true },
  )
  outboundAllow: readonly string[];
}
