import { type DynamicModule, Module } from '@nestjs/common';
import { ClusterConnection } from '@slipway/cluster';
import { ServiceName } from '@slipway/contracts';
import { MessagingModule } from '@slipway/messaging';
import { PersistenceModule } from '@slipway/persistence';

import { ActivityEntity } from './activity/activity.entity.js';
import { Journal } from './activity/journal.js';
import { ListActivityHandler } from './activity/list-activity.js';
import { OnAppCreated } from './activity/on-app-created.js';
import { OnAppDeleted } from './activity/on-app-deleted.js';
import { OnAppDeleting } from './activity/on-app-deleting.js';
import { OnAppPhaseChanged } from './activity/on-app-phase-changed.js';
import { OnAppRestarted } from './activity/on-app-restarted.js';
import { OnAppScaled } from './activity/on-app-scaled.js';
import { OnAppUpdated } from './activity/on-app-updated.js';
import { OnDomainAdded } from './activity/on-domain-added.js';
import { OnDomainVerified } from './activity/on-domain-verified.js';
import { OnDomainFailed } from './activity/on-domain-failed.js';
import { OnDomainRemoved } from './activity/on-domain-removed.js';
import { AppAudienceEntity } from './audience/app-audience.entity.js';
import { AppAudiences } from './audience/app-audiences.js';
import { FollowLeaseEntity } from './follow/follow-lease.entity.js';
import { FollowLinesHandler } from './follow/follow-lines.js';
import { FollowOwnerEntity } from './follow/follow-owner.entity.js';
import { FollowOwnership } from './follow/follow-ownership.js';
import { Follows } from './follow/follows.js';
import { LinePublisher } from './follow/line-publisher.js';
import { ListLinesHandler } from './line/list-lines.js';
import type { LogsConfig } from './logs.config.js';
import { migrations } from './migrations/index.js';
import { TombstoneEntity } from './projection/tombstone.entity.js';

const service = ServiceName.logs;
const entities = [AppAudienceEntity, TombstoneEntity, ActivityEntity, FollowLeaseEntity, FollowOwnerEntity];

@Module({})
export class LogsModule {
  static register(config: Readonly<LogsConfig>): DynamicModule {
    const { natsUrl, databaseUrl, encryptionKeys } = config;
    return {
      module: LogsModule,
      imports: [
        MessagingModule.register({ service, natsUrl }),
        PersistenceModule.register({
          service,
          databaseUrl,
          encryptionKeys,
          entities,
          migrations,
          prunes: [{ table: 'activity', condition: `"time" < now() - interval '${config.activityDays} days'` }],
        }),
      ],
      controllers: [
        OnAppCreated,
        OnAppUpdated,
        OnAppRestarted,
        OnAppScaled,
        OnAppPhaseChanged,
        OnAppDeleting,
        OnAppDeleted,
        OnDomainAdded,
        OnDomainVerified,
        OnDomainFailed,
        OnDomainRemoved,
        ListLinesHandler,
        FollowLinesHandler,
        ListActivityHandler,
      ],
      providers: [
        Journal,
        AppAudiences,
        { provide: ClusterConnection, useFactory: () => new ClusterConnection(config) },
        FollowOwnership,
        LinePublisher,
        Follows,
      ],
    };
  }
}
