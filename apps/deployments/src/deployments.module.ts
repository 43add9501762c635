import { type DynamicModule, Module } from '@nestjs/common';
import { ClusterConnection } from '@slipway/cluster';
import { MessagingModule } from '@slipway/messaging';
import { PersistenceModule } from '@slipway/persistence';

import { AppEntity } from './app/app.entity.js';
import { AppQueries } from './app/app.queries.js';
import { AppSignals } from './app/app-signals.js';
import { AwaitAppHandler } from './app/await-app.js';
import { ChangeApp } from './app/change-app.js';
import { CommitChange } from './app/commit-change.js';
import { CountAppsHandler } from './app/count-apps.js';
import { CreateAppHandler } from './app/create-app.js';
import { DeleteAppHandler } from './app/delete-app.js';
import { GetAppHandler } from './app/get-app.js';
import { HostEntity } from './app/host.entity.js';
import { ListAppsHandler } from './app/list-apps.js';
import { RevisionEntity } from './app/revision.entity.js';
import { GetRevisionHandler } from './app/get-revision.js';
import { ListRevisionsHandler } from './app/list-revisions.js';
import { RestartAppHandler } from './app/restart-app.js';
import { RollBackAppHandler } from './app/roll-back-app.js';
import { SetVariablesHandler } from './app/set-variables.js';
import { ScaleAppHandler } from './app/scale-app.js';
import { StartAppHandler } from './app/start-app.js';
import { StopAppHandler } from './app/stop-app.js';
import { UpdateAppHandler } from './app/update-app.js';
import { WorkloadEntity } from './app/workload.entity.js';
import type { DeploymentsConfig } from './deployments.config.js';
import { AddDomainHandler } from './domain/add-domain.js';
import { CheckDomains } from './domain/check-domains.js';
import { DomainEntity } from './domain/domain.entity.js';
import { Domains } from './domain/domains.js';
import { GetDomainHandler } from './domain/get-domain.js';
import { ListDomainsHandler } from './domain/list-domains.js';
import { RemoveDomainHandler } from './domain/remove-domain.js';
import { TxtRecords } from './domain/txt-records.js';
import { VerifyDomainHandler } from './domain/verify-domain.js';
import { EnvironmentEntity } from './environment/environment.entity.js';
import { ImageCheck } from './image/image-check.js';
import { migrations } from './migrations/index.js';
import { GetMetricsHandler } from './metrics/get-metrics.js';
import { SampleMetrics } from './metrics/sample-metrics.js';
import { GetNodeAddressHandler } from './node/get-node-address.js';
import { NodeAddresses } from './node/node-addresses.js';
import { ListPodsHandler } from './pod/list-pods.js';
import { ClusterContactEntity } from './reconciler/cluster-contact.entity.js';
import { ReconcileApps } from './reconciler/reconcile-apps.js';
import { StoreStatus } from './reconciler/store-status.js';
import { WatchContact } from './reconciler/watch-contact.js';

export const entities = [
  EnvironmentEntity,
  AppEntity,
  RevisionEntity,
  HostEntity,
  DomainEntity,
  WorkloadEntity,
  ClusterContactEntity,
];

@Module({})
export class DeploymentsModule {
  static register(config: DeploymentsConfig): DynamicModule {
    const { databaseUrl, natsUrl, sealPrivateKey, encryptionKeys } = config;
    return {
      module: DeploymentsModule,
      imports: [
        MessagingModule.register({ service: 'deployments', natsUrl, sealPrivateKeys: sealPrivateKey }),
        PersistenceModule.register({ service: 'deployments', databaseUrl, encryptionKeys, entities, migrations }),
      ],
      controllers: [
        CreateAppHandler,
        UpdateAppHandler,
        ScaleAppHandler,
        StartAppHandler,
        StopAppHandler,
        RestartAppHandler,
        SetVariablesHandler,
        RollBackAppHandler,
        DeleteAppHandler,
        GetAppHandler,
        ListAppsHandler,
        CountAppsHandler,
        AwaitAppHandler,
        ListPodsHandler,
        GetNodeAddressHandler,
        GetMetricsHandler,
        ListRevisionsHandler,
        GetRevisionHandler,
        AddDomainHandler,
        RemoveDomainHandler,
        VerifyDomainHandler,
        ListDomainsHandler,
        GetDomainHandler,
      ],
      providers: [
        AppQueries,
        AppSignals,
        ChangeApp,
        CommitChange,
        { provide: ClusterConnection, useFactory: () => new ClusterConnection(config) },
        ImageCheck,
        NodeAddresses,
        SampleMetrics,
        TxtRecords,
        Domains,
        CheckDomains,
        WatchContact,
        StoreStatus,
        ReconcileApps,
      ],
    };
  }
}
