import {
  Flag,
  Id,
  Integer,
  JsonObject,
  Nested,
  NestedList,
  OneOf,
  Optional,
  Sealed,
  Text,
  TextList,
  Time,
  WEBHOOK_TYPES,
} from '@slipway/contracts';

import { Pagination } from './query.js';

const MAX_EVENTS = 100;

export class CreateWebhook {
  @Text({ min: 1, max: 100 }) name: string;
  @Text({ min: 1, max: 2048 }) url: string;
  /** The original's web client sends an empty one when it means none. */
  @Text({ max: 255 }) @Optional() @Sealed() secret?: string | null;
  /** Types of the documented table, or `all`. */
  @TextList({ max: MAX_EVENTS, maxLength: 64 }) events: string[];
}

export class UpdateWebhook {
  @Text({ min: 1, max: 100 }) @Optional() name?: string | null;
  @Text({ min: 1, max: 2048 }) @Optional() url?: string | null;
  @Text({ max: 255 }) @Optional() @Sealed() secret?: string | null;
  @TextList({ max: MAX_EVENTS, maxLength: 64 }) @Optional() events?: string[] | null;
  @Flag() @Optional() is_active?: boolean | null;
}

export class Webhook {
  @Id() id: string;
  @Text() name: string;
  @Text() url: string;
  @Flag() is_active: boolean;
  @TextList() events: string[];
  @Time() created_at: string;
  @Time() updated_at: string;
  @Text() @Optional() disabled_reason: string | null;
}

export class CreatedWebhook {
  @Id() id: string;
  @Text() name: string;
  @Text() url: string;
  @Flag() is_active: boolean;
  @TextList() events: string[];
  @Time() created_at: string;
  @Time() updated_at: string;
  @Text() @Optional() disabled_reason: string | null;
  @Text() @Sealed() secret: string;
}

export class WebhookList {
  @NestedList(() => Webhook) webhooks: Webhook[];
  @Integer() total: number;
}

export class DeletedWebhook {
  @Text() message: string;
  @Id() webhook_id: string;
}

export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

export class Delivery {
  @Id() id: string;
  @Id() event_id: string;
  @OneOf([...WEBHOOK_TYPES, 'webhook.test']) type: string;
  @Id() @Optional() deployment_id: string | null;
  @OneOf(DELIVERY_STATUSES) status: DeliveryStatus;
  @Integer() attempts: number;
  @Integer() @Optional() last_status_code: number | null;
  @Text() @Optional() last_error: string | null;
  @Time() @Optional() next_attempt_at: string | null;
  @Time() created_at: string;
  @Time() @Optional() delivered_at: string | null;
}

export class DeliveryAttempt {
  @Time() at: string;
  @Integer() duration_ms: number;
  @Integer() @Optional() status_code: number | null;
  @Text() @Optional() error: string | null;
}

export class DeliveryDetail extends Delivery {
  @JsonObject() payload: Record<string, unknown>;
  @NestedList(() => DeliveryAttempt) attempt_log: DeliveryAttempt[];
}

export class QueuedDelivery {
  @Id() id: string;
  @Text() message: string;
}

export class RotatedWebhookSecret {
  @Id() id: string;
  @Text() @Sealed() secret: string;
  @Time() previous_secret_expires_at: string;
}

export class TestedWebhook {
  @Flag() success: boolean;
  @Integer() @Optional() status_code: number | null;
  @Text() message: string;
  @Integer() response_time_ms: number;
}

export class DeliveryList {
  @NestedList(() => Delivery) deliveries: Delivery[];
  @Nested(() => Pagination) pagination: Pagination;
}
