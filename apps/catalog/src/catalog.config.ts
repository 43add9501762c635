import { Variable } from '@slipway/runtime';
import { IsNotEmpty } from 'class-validator';

export class CatalogConfig {
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
}
