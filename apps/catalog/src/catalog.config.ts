import { NatsUrl } from '@slipway/messaging';
import { DatabaseUrl, EncryptionKeys } from '@slipway/persistence';

export class CatalogConfig {
  @DatabaseUrl() databaseUrl: string;
  @NatsUrl() natsUrl: string;
  @EncryptionKeys() encryptionKeys: string;
}
