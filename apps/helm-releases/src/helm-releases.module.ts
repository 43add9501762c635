import { type DynamicModule, Module } from '@nestjs/common';
import { ServiceName } from '@slipway/contracts';
import { MessagingModule } from '@slipway/messaging';

import { UserClusters } from './connection/user-clusters.js';
import type { HelmReleasesConfig } from './helm-releases.config.js';
import { ListNamespacesHandler } from './namespace/list-namespaces.js';
import { GetReleaseHandler, GetReleaseHistoryHandler } from './release/get-release.js';
import { ListReleasesHandler } from './release/list-releases.js';
import { ReadReleases } from './release/read-releases.js';
import { RollBackReleaseHandler } from './release/roll-back-release.js';
import { MemoryStore } from './storage/memory-store.js';
import { RecordCache } from './storage/record-cache.js';
import { Stores } from './storage/stores.js';

@Module({})
export class HelmReleasesModule {
  static register({ natsUrl }: Readonly<HelmReleasesConfig>): DynamicModule {
    return {
      module: HelmReleasesModule,
      imports: [MessagingModule.register({ service: ServiceName.helmReleases, natsUrl })],
      controllers: [
        ListReleasesHandler,
        GetReleaseHandler,
        GetReleaseHistoryHandler,
        RollBackReleaseHandler,
        ListNamespacesHandler,
      ],
      providers: [UserClusters, Stores, MemoryStore, RecordCache, ReadReleases],
    };
  }
}
