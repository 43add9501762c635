import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';

import { API_KEY_PREFIX } from '@slipway/contracts';
import { NatsUrl, SealPublicKeys } from '@slipway/messaging';
import { CheckedBy, Fits, SecretText, Variable } from '@slipway/runtime';
import { IsIn, IsInt, IsNotEmpty, IsUrl, Matches, Max, Min } from 'class-validator';

import { isListable } from './core/origins.js';

const PORT = 3000;
const MAX_REPLICAS = 100;
const OBSERVE_WAIT_MS = 5_000;
const PUBLIC_RATE_LIMIT_PER_MINUTE = 600;
/** Good enough for one machine that nobody else reaches; production has to bring its own. */
const DEVELOPMENT_SECRET = 'a development secret that protects nothing';

export class GatewayConfig {
  @NatsUrl() natsUrl: string;
  @SealPublicKeys() sealPublicKeys: string;

  @Variable('REQUEST_HASH_SECRET', {
    default: DEVELOPMENT_SECRET,
    secret: true,
    required: 'production',
    description:
      'Keys the hash by which two requests under one Idempotency-Key are compared; at least 32 bytes, the same in all gateways.',
  })
  @SecretText(32)
  requestHashSecret: string;

  @Variable('HOST', { default: '0.0.0.0', description: 'Address that the gateway listens on.' })
  @IsNotEmpty()
  host: string;

  @Variable('PORT', { type: 'integer', default: PORT, description: 'Port of the HTTP API; 0 takes a free one.' })
  @IsInt()
  @Min(0)
  @Max(65_535)
  port: number;

  @Variable('PUBLIC_URL', {
    description:
      'Where clients reach the gateway; its origin may connect from browsers. Default: http://localhost:<PORT>.',
  })
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true, require_tld: false })
  publicUrl?: string;

  @Variable('CORS_ORIGINS', {
    type: 'list',
    default: [],
    description:
      'Origins of web pages that may call the API, such as https://panel.example.org; loopback admits every local page.',
  })
  @Fits(isListable, 'has to be a list of origins with their scheme, or the word loopback')
  corsOrigins: readonly string[];

  @Variable('TRUSTED_PROXIES', {
    type: 'list',
    default: [],
    description: "Addresses or networks of proxies whose X-Forwarded-For tells the client's address.",
  })
  @Fits(isProxy, 'has to be a list of IP addresses or networks such as 10.1.0.0/16')
  trustedProxies: readonly string[];

  @Variable('API_KEY_PREFIX', { default: 'ce_dev_', description: 'What new API keys begin with.' })
  @Matches(API_KEY_PREFIX, { message: 'apiKeyPrefix must have 1 to 32 letters, digits and _' })
  apiKeyPrefix: string;

  @Variable('LOGIN_HIDE_UNKNOWN_USERS', {
    type: 'boolean',
    default: false,
    description: 'Answers an unknown e-mail at login like a wrong password (401 instead of 404); advised in public.',
  })
  loginHideUnknownUsers: boolean;

  @Variable('MAX_REPLICAS', { type: 'integer', default: MAX_REPLICAS, description: 'Most replicas of one deployment.' })
  @IsInt()
  @Min(1)
  @Max(10_000)
  maxReplicas: number;

  @Variable('OBSERVE_WAIT_MS', {
    type: 'integer',
    default: OBSERVE_WAIT_MS,
    description: 'How long scale, stop and start wait for the cluster, in milliseconds.',
  })
  @IsInt()
  @Min(0)
  @Max(25_000)
  observeWaitMs: number;

  @Variable('LOGS_FORMAT', {
    default: 'json',
    description: 'Format of logs when the request names none: json or text.',
  })
  @IsIn(['json', 'text'])
  logsFormat: 'json' | 'text';

  @Variable('RATE_LIMIT_PER_MINUTE', {
    type: 'integer',
    default: 0,
    description: 'Requests a minute and credential; 0: any number. Each gateway counts for itself.',
  })
  @IsInt()
  @Min(0)
  rateLimitPerMinute: number;

  @Variable('PUBLIC_RATE_LIMIT_PER_MINUTE', {
    type: 'integer',
    default: PUBLIC_RATE_LIMIT_PER_MINUTE,
    description:
      'Requests a minute and client address on routes without a credential; 0: any number. Each gateway counts for itself.',
  })
  @IsInt()
  @Min(0)
  publicRateLimitPerMinute: number;

  @Variable('FRONTEND_PATH', {
    description: 'Folder of a single-page front end, served at the paths that no API owns. Unset: none.',
  })
  @CheckedBy(holdsIndex)
  frontendPath?: string;

  @Variable('REDIS_URL', { secret: true, description: 'Accepted and unused: nothing in Slipway needs Redis.' })
  redisUrl?: string;
}

const PROXY_NETWORKS = ['loopback', 'linklocal', 'uniquelocal'];

/** What Fastify takes. A network of all addresses is none of proxies. */
function isProxy(text: string): boolean {
  if (PROXY_NETWORKS.includes(text)) return true;
  const [, address = '', bits = '32'] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  return version !== 0 && Number(bits) >= 1 && Number(bits) <= (version === 4 ? 32 : 128);
}

function holdsIndex(folder: string): void {
  if (!existsSync(join(folder, 'index.html')))
    throw new Error('has to be the folder of a build, and holds no index.html');
}

export function publicUrlOf(config: Readonly<GatewayConfig>): string {
  return config.publicUrl ?? `http://localhost:${config.port}`;
}
