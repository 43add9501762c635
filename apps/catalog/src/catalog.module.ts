import { type DynamicModule, Module } from '@nestjs/common';
import { ServiceName } from '@slipway/contracts';
import { MessagingModule } from '@slipway/messaging';
import { PersistenceModule } from '@slipway/persistence';

import { AppAudienceEntity } from './app-audience/app-audience.entity.js';
import { OnAppDeleted } from './app-audience/on-app-deleted.js';
import type { CatalogConfig } from './catalog.config.js';
import { EnvironmentEntity } from './environment/environment.entity.js';
import { GetEnvironmentHandler } from './environment/get-environment.js';
import { ListEnvironmentsHandler } from './environment/list-environments.js';
import { OnAppCreated } from './environment/on-app-created.js';
import { OnAppDeleting } from './environment/on-app-deleting.js';
import { OnNamespaceRemoved } from './environment/on-namespace-removed.js';
import { migrations } from './migrations/index.js';
import { TombstoneEntity } from './projection/tombstone.entity.js';

const service = ServiceName.catalog;

@Module({})
export class CatalogModule {
  static register({ natsUrl, databaseUrl, encryptionKeys }: Readonly<CatalogConfig>): DynamicModule {
    return {
      module: CatalogModule,
      imports: [
        MessagingModule.register({ service, natsUrl }),
        PersistenceModule.register({
          service,
          databaseUrl,
          encryptionKeys,
          entities: [EnvironmentEntity, AppAudienceEntity, TombstoneEntity],
          migrations,
        }),
      ],
      controllers: [
        GetEnvironmentHandler,
        ListEnvironmentsHandler,
        OnAppCreated,
        OnAppDeleting,
        OnAppDeleted,
        OnNamespaceRemoved,
      ],
    };
  }
}
