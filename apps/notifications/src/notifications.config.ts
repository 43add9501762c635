import { WEBHOOK_TYPES, type WebhookType } from '@slipway/contracts';
import { NatsUrl, SealPrivateKey } from '@slipway/messaging';
import { DatabaseUrl, EncryptionKeys } from '@slipway/persistence';
import { Variable } from '@slipway/runtime';
import { IsIn, IsNotEmpty, IsOptional, ValidateBy } from 'class-validator';

import { isNetwork } from './outbound/networks.js';
import { isWebhookUrl } from './subscription/subscription.js';

export const ALL_TYPES = 'all';

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
