import { type DynamicModule, Module } from '@nestjs/common';
import { ServiceName } from '@slipway/contracts';
import { MessagingModule } from '@slipway/messaging';
import { PersistenceModule } from '@slipway/persistence';

import { DeliveryEntity } from './delivery/delivery.entity.js';
import { Endpoints } from './delivery/endpoints.js';
import { GetDeliveryHandler } from './delivery/get-delivery.js';
import { ListDeliveriesHandler } from './delivery/list-deliveries.js';
import { ReplayDeliveryHandler } from './delivery/replay-delivery.js';
import { SendDeliveries } from './delivery/send-deliveries.js';
import { AppUrlEntity } from './fact/app-url.entity.js';
import { OnAppCreated } from './fact/on-app-created.js';
import { OnAppDeleted } from './fact/on-app-deleted.js';
import { OnAppDeleting } from './fact/on-app-deleting.js';
import { OnAppPhaseChanged } from './fact/on-app-phase-changed.js';
import { OnAppRestarted } from './fact/on-app-restarted.js';
import { OnAppScaled } from './fact/on-app-scaled.js';
import { OnAppUpdated } from './fact/on-app-updated.js';
import { OnDomainAdded } from './fact/on-domain-added.js';
import { OnDomainVerified } from './fact/on-domain-verified.js';
import { OnDomainFailed } from './fact/on-domain-failed.js';
import { OnDomainRemoved } from './fact/on-domain-removed.js';
import { TakeInFact } from './fact/take-in-fact.js';
import { CountReadersHandler } from './feed/count-readers.js';
import { FeedEntryEntity } from './feed/feed-entry.entity.js';
import { FEED_KEPT } from './feed/feed.js';
import { FeedEntity } from './feed/feed.entity.js';
import { ListFeedHandler } from './feed/list-feed.js';
import { Readers } from './feed/readers.js';
import { MailEntity } from './mail/mail.entity.js';
import { MailAddressEntity } from './mail/mail-address.entity.js';
import { MailQueue } from './mail/mail-queue.js';
import { MailTransport } from './mail/mail-transport.js';
import { OnUserUpdated } from './mail/on-user-updated.js';
import { SendMailHandler } from './mail/send-mail.js';
import { SendMails } from './mail/send-mails.js';
import { TestFeedHandler } from './feed/test-feed.js';
import { migrations } from './migrations/index.js';
import { NotificationsConfig } from './notifications.config.js';
import { OutboundAgents } from './outbound/outbound-agents.js';
import { CreateSubscriptionHandler } from './subscription/create-subscription.js';
import { DeleteSubscriptionHandler } from './subscription/delete-subscription.js';
import { GetSubscriptionHandler } from './subscription/get-subscription.js';
import { ListSubscriptionsHandler } from './subscription/list-subscriptions.js';
import { OnUserDeleted } from './subscription/on-user-deleted.js';
import { RotateSecretHandler } from './subscription/rotate-secret.js';
import { SubscriptionEntity } from './subscription/subscription.entity.js';
import { SubscriptionSecrets } from './subscription/subscription-secrets.js';
import { TestSubscriptionHandler } from './subscription/test-subscription.js';
import { UpdateSubscriptionHandler } from './subscription/update-subscription.js';

const service = ServiceName.notifications;

/** The longest schedule of retries takes three and a half days; a month lets its owner look into it. */
const DELIVERIES_KEPT = '30 days';
/** What is left of a mail that is over: to whom, which, when. */
const MAILS_KEPT = '30 days';

@Module({})
export class NotificationsModule {
  static register(config: Readonly<NotificationsConfig>): DynamicModule {
    const { natsUrl, sealPrivateKey, databaseUrl, encryptionKeys } = config;
    return {
      module: NotificationsModule,
      imports: [
        MessagingModule.register({ service, natsUrl, sealPrivateKeys: sealPrivateKey }),
        PersistenceModule.register({
          service,
          databaseUrl,
          encryptionKeys,
          entities: [
            FeedEntity,
            FeedEntryEntity,
            AppUrlEntity,
            SubscriptionEntity,
            DeliveryEntity,
            MailEntity,
            MailAddressEntity,
          ],
          migrations,
          prunes: [
            { table: 'mail', condition: `"createdAt" < now() - interval '${MAILS_KEPT}' and "nextAttemptAt" is null` },
            { table: 'feed_entry', condition: `"time" < now() - interval '${FEED_KEPT}'` },
            {
              table: 'delivery',
              condition: `"createdAt" < now() - interval '${DELIVERIES_KEPT}' and "status" <> 'pending'`,
            },
          ],
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
        OnUserUpdated,
        OnUserDeleted,
        ListFeedHandler,
        CountReadersHandler,
        TestFeedHandler,
        CreateSubscriptionHandler,
        UpdateSubscriptionHandler,
        DeleteSubscriptionHandler,
        GetSubscriptionHandler,
        ListSubscriptionsHandler,
        RotateSecretHandler,
        TestSubscriptionHandler,
        ListDeliveriesHandler,
        GetDeliveryHandler,
        ReplayDeliveryHandler,
        SendMailHandler,
      ],
      providers: [
        TakeInFact,
        Readers,
        Endpoints,
        SendDeliveries,
        OutboundAgents,
        SubscriptionSecrets,
        MailQueue,
        MailTransport,
        SendMails,
      ],
    };
  }
}
