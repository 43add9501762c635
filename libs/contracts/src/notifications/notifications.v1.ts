import {
  Flag,
  Format,
  Id,
  Integer,
  JsonObject,
  Nested,
  NestedList,
  OneOf,
  Optional,
  Sealed,
  SomeOf,
  Text,
  TextList,
  Time,
} from '../fields.js';
import type { AppId, DeliveryId, SubscriptionId } from '../ids.js';

/** An entry of one user's feed. It names facts and carries their fields; each dialect words them. */
export class FeedEvent {
  /** Opaque, ordered within the feed. */
  @Text({ max: 20 }) id: string;
  /** The entry before it in this feed, null for the first: who sees a gap asks again. */
  @Text({ max: 20 }) @Optional() previousId: string | null;
  /** `deployments.app.phase-changed` and the like. */
  @Text({ max: 128 }) fact: string;
  @Id() appId: AppId;
  @Format('dns_label') appName: string;
  @Time() time: string;
  /** The event's own fields without the App's: `from`, `to`, `old`, `new`, `changes`, `revision`, `reason`, `message`, `url`, `readyOnce`; `test` where nothing happened. */
  @JsonObject() fields: Record<string, unknown>;
}

/** What an entry of a feed says that nothing has happened for: an App was made, or came into a phase. */
export const TESTED_FACTS = ['created', 'deploying', 'running', 'failed'] as const;
export type TestedFact = (typeof TESTED_FACTS)[number];

export class TestFeed {
  @OneOf(TESTED_FACTS) fact: TestedFact;
  /** Default: a random one. Nobody looks whether there is one. */
  @Id() @Optional() appId?: AppId;
}

export class ListFeed {
  /** Default: nothing but the newest id. `0` stands before the first entry. */
  @Text({ max: 20 }) @Optional() afterId?: string;
  @Integer({ min: 1, max: 500 }) limit: number;
}

export class FeedPage {
  @NestedList(() => FeedEvent, { max: 500 }) events: FeedEvent[];
  /** Entries after `afterId` have gone with age, or it is unknown. */
  @Flag() gap: boolean;
  /** The newest entry's id, null for an empty feed. */
  @Text({ max: 20 }) @Optional() newestId: string | null;
}

/** What one gateway tells on `readers.<gateway>` about those who read feeds through it right now. */
export class FeedReaders {
  @Integer({ min: 0 }) connections: number;
  /** A text for each user, the same at every gateway: whoever reads through two of them is one user. */
  @TextList() users: string[];
}

/** Who reads feeds, over all gateways. */
export class ReaderCount {
  @Integer({ min: 0 }) users: number;
  @Integer({ min: 0 }) connections: number;
}

/** What a webhook may subscribe to. */
export const WEBHOOK_TYPES = [
  'deployment_started',
  'deployment_completed',
  'deployment_failed',
  'deployment_stopped',
  'deployment_updated',
  'deployment_restarted',
  'deployment_scaling',
  'deployment_scaled',
  'deployment_scale_failed',
  'deployment_start_failed',
  'deployment_stop_failed',
  'deployment_deleted',
  'deployment_domain_verified',
] as const;
export type WebhookType = (typeof WEBHOOK_TYPES)[number];

export class SubscriptionView {
  @Id() id: SubscriptionId;
  @Text({ min: 1, max: 100 }) name: string;
  @Text({ max: 2048 }) url: string;
  @Flag() active: boolean;
  @SomeOf(WEBHOOK_TYPES) types: WebhookType[];
  @Text({ max: 255 }) @Optional() disabledReason: string | null;
  @Time() createdAt: string;
  @Time() updatedAt: string;
}

export class CreateSubscription {
  @Text({ min: 1, max: 100 }) name: string;
  @Text({ min: 1, max: 2048 }) url: string;
  /** Generated when absent. */
  @Text({ min: 1, max: 255 }) @Optional() @Sealed() secret?: string;
  @SomeOf(WEBHOOK_TYPES) types: WebhookType[];
}

export class CreatedSubscription {
  @Nested(() => SubscriptionView) subscription: SubscriptionView;
  @Text() @Sealed() secret: string;
}

export class UpdateSubscription {
  @Id() id: SubscriptionId;
  @Text({ min: 1, max: 100 }) @Optional() name?: string;
  @Text({ min: 1, max: 2048 }) @Optional() url?: string;
  @Text({ min: 1, max: 255 }) @Optional() @Sealed() secret?: string;
  @SomeOf(WEBHOOK_TYPES) @Optional() types?: WebhookType[];
  /** True enables again. */
  @Flag() @Optional() active?: boolean;
}

export class RotatedSecret {
  @Text() @Sealed() secret: string;
  /** Until then the one before signs as well. */
  @Time() previousExpiresAt: string;
}

/** How one attempt to reach a webhook went. */
export class TestedSubscription {
  /** The endpoint answered with a 2xx. */
  @Flag() success: boolean;
  /** Null when no answer came. */
  @Integer() @Optional() statusCode: number | null;
  /** Why no answer came. */
  @Text({ max: 1024 }) @Optional() error: string | null;
  @Integer({ min: 0 }) responseTimeMs: number;
}

export class SubscriptionRef {
  @Id() id: SubscriptionId;
}

export class SubscriptionList {
  @NestedList(() => SubscriptionView) subscriptions: SubscriptionView[];
}

export class DeliveryView {
  @Id() id: DeliveryId;
  @Id() eventId: string;
  @Text({ max: 64 }) type: string;
  @Id() @Optional() appId: AppId | null;
  @OneOf(['pending', 'delivered', 'failed']) status: 'pending' | 'delivered' | 'failed';
  @Integer({ min: 0 }) attempts: number;
  @Integer() @Optional() lastStatusCode: number | null;
  @Text({ max: 1024 }) @Optional() lastError: string | null;
  @Time() @Optional() nextAttemptAt: string | null;
  @Time() createdAt: string;
  @Time() @Optional() deliveredAt: string | null;
}

export class DeliveryRef {
  @Id() subscriptionId: SubscriptionId;
  @Id() id: DeliveryId;
}

export class DeliveryAttempt {
  @Time() at: string;
  @Integer({ min: 0 }) durationMs: number;
  @Integer() @Optional() statusCode: number | null;
  @Text({ max: 1024 }) @Optional() error: string | null;
}

export class DeliveryDetail {
  @Nested(() => DeliveryView) delivery: DeliveryView;
  /** The body that is sent. */
  @JsonObject() payload: Record<string, unknown>;
  @NestedList(() => DeliveryAttempt) attemptLog: DeliveryAttempt[];
}

export class ListDeliveries {
  @Id() subscriptionId: SubscriptionId;
  @OneOf(['pending', 'delivered', 'failed']) @Optional() status?: 'pending' | 'delivered' | 'failed';
  @Integer({ min: 1 }) page: number;
  @Integer({ min: 1, max: 100 }) limit: number;
}

export class DeliveryPage {
  @NestedList(() => DeliveryView, { max: 100 }) deliveries: DeliveryView[];
  @Integer({ min: 0 }) total: number;
}
