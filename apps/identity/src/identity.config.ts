import { API_KEY_PREFIX } from '@slipway/contracts';
import { NatsUrl, SealPrivateKey, SealPublicKeys } from '@slipway/messaging';
import { DatabaseUrl, EncryptionKeys } from '@slipway/persistence';
import { SecretText, Variable } from '@slipway/runtime';
import { IsBoolean, IsIn, IsInt, Matches, Max, Min } from 'class-validator';

const JWT_EXPIRES_IN_SECONDS = 3600;
const DEFAULT_API_KEY_PREFIX = 'ce_dev_';

export class IdentityConfig {
  @DatabaseUrl() databaseUrl: string;
  @NatsUrl() natsUrl: string;
  @EncryptionKeys() encryptionKeys: string;
  @SealPublicKeys() sealPublicKeys: string;
  @SealPrivateKey() sealPrivateKey: string;

  @Variable('JWT_SECRET', {
    secret: true,
    required: 'always',
    description:
      'Wraps the token signing keys at rest; at least 32 bytes. A new value voids access tokens, not refresh tokens or keys.',
  })
  @SecretText(32)
  jwtSecret: string;

  @Variable('JWT_EXPIRES_IN', {
    type: 'integer',
    default: JWT_EXPIRES_IN_SECONDS,
    description: 'Seconds that an access token lives, 60 to 3600.',
  })
  @IsInt()
  @Min(60)
  @Max(3600)
  jwtExpiresInSeconds: number;

  @Variable('API_KEY_PREFIX', {
    default: DEFAULT_API_KEY_PREFIX,
    description: 'What new API keys begin with; older keys stay good.',
  })
  @Matches(API_KEY_PREFIX, { message: 'apiKeyPrefix must have 1 to 32 letters, digits and _' })
  apiKeyPrefix: string;

  @Variable('REGISTRATION', { default: 'open', description: 'Whether strangers may make an account: open or closed.' })
  @IsIn(['open', 'closed'])
  registration: 'open' | 'closed';

  @Variable('KUBECONFIG_ALLOW_HTTP', {
    type: 'boolean',
    default: false,
    description: "Whether users' contexts may lead to a cluster over http, where credentials travel in clear.",
  })
  @IsBoolean()
  kubeconfigAllowHttp: boolean;

  @Variable('KUBECONFIG_ALLOW_INSECURE', {
    type: 'boolean',
    default: false,
    description: "Whether users' contexts may skip the check of their cluster's certificate.",
  })
  @IsBoolean()
  kubeconfigAllowInsecure: boolean;
}
