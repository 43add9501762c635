import {
  WEBHOOK_TYPES,
  type CreatedSubscription,
  type CreateSubscription,
  type DeliveryDetail as CoreDeliveryDetail,
  type DeliveryPage,
  type DeliveryView,
  type RotatedSecret,
  type SubscriptionList,
  type SubscriptionView,
  type TestedSubscription,
  type UpdateSubscription,
  type WebhookType,
} from '@slipway/contracts';

import { failure } from './errors.js';
import type { Submitted } from './json-body.js';
import { paginationOf, type Page } from './query.js';
import { detailsOf, type FieldIssue } from './rule-texts.js';
import { toTime, toTimeOrNull } from './time.js';
import type {
  CreatedWebhook,
  CreateWebhook,
  Delivery,
  DeliveryDetail,
  DeliveryList,
  RotatedWebhookSecret,
  TestedWebhook,
  UpdateWebhook,
  Webhook,
  WebhookList,
} from './webhooks.dto.js';

const ALL = 'all';

export function acceptWebhook(body: Submitted<CreateWebhook>): CreateSubscription {
  const types = toTypes(body.value.events);
  const { name, url, secret } = body.accept(urlIssues(body.value.url));
  return { name, url, types, ...(secret && { secret }) };
}

export function acceptWebhookUpdate(id: string, body: Submitted<UpdateWebhook>): UpdateSubscription {
  const types = body.value.events == null ? undefined : toTypes(body.value.events);
  const { name, url, secret, is_active: active } = body.accept(urlIssues(body.value.url));
  return {
    id,
    ...(name != null && { name }),
    ...(url != null && { url }),
    ...(secret && { secret }),
    ...(types && { types }),
    ...(active != null && { active }),
  };
}

/** `DeploymentStarted`, `deployment-started` and `deployment_started` are one type. @throws Failure 422 for an unknown one */
export function toTypes(events: readonly string[]): WebhookType[] {
  const words = events.map(snakeCase);
  const unknown = words.flatMap((word, index): FieldIssue[] =>
    word === ALL || isType(word)
      ? []
      : [{ path: `events.${index}`, kind: 'shape', text: `must be one of ${[...WEBHOOK_TYPES, ALL].join(', ')}` }],
  );
  if (unknown.length > 0) throw failure.unprocessable('Invalid request body', detailsOf(unknown));
  return words.includes(ALL) ? [...WEBHOOK_TYPES] : [...new Set(words.filter(isType))];
}

function isType(word: string): word is WebhookType {
  return WEBHOOK_TYPES.some((type) => type === word);
}

function snakeCase(word: string): string {
  return word
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase();
}

function urlIssues(text: string | null | undefined): FieldIssue[] {
  if (!text) return [];
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const fits = url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  return fits ? [] : [{ path: 'url', kind: 'value', text: 'must be a URL' }];
}

export function toWebhook(subscription: SubscriptionView): Webhook {
  return {
    id: subscription.id,
    name: subscription.name,
    url: subscription.url,
    is_active: subscription.active,
    events: subscription.types,
    created_at: toTime(subscription.createdAt),
    updated_at: toTime(subscription.updatedAt),
    disabled_reason: subscription.disabledReason ?? null,
  };
}

export function toCreatedWebhook({ subscription, secret }: CreatedSubscription): CreatedWebhook {
  return { ...toWebhook(subscription), secret };
}

export function toWebhookList({ subscriptions }: SubscriptionList): WebhookList {
  return { webhooks: subscriptions.map(toWebhook), total: subscriptions.length };
}

export function toDeliveryList({ deliveries, total }: DeliveryPage, page: Page): DeliveryList {
  return { deliveries: deliveries.map(toDelivery), pagination: paginationOf(page, total) };
}

export function toDeliveryDetail({ delivery, payload, attemptLog }: CoreDeliveryDetail): DeliveryDetail {
  return {
    ...toDelivery(delivery),
    payload,
    attempt_log: attemptLog.map(({ at, durationMs, statusCode, error }) => ({
      at: toTime(at),
      duration_ms: durationMs,
      status_code: statusCode ?? null,
      error: error ?? null,
    })),
  };
}

export function toRotatedSecret(id: string, { secret, previousExpiresAt }: RotatedSecret): RotatedWebhookSecret {
  return { id, secret, previous_secret_expires_at: toTime(previousExpiresAt) };
}

export function toTestedWebhook({ success, statusCode, error, responseTimeMs }: TestedSubscription): TestedWebhook {
  const answered = success ? 'Webhook test successful' : `Webhook returned status ${statusCode}`;
  return {
    success,
    status_code: statusCode ?? null,
    message: error == null ? answered : `Failed to send request: ${error}`,
    response_time_ms: responseTimeMs,
  };
}

function toDelivery(delivery: DeliveryView): Delivery {
  return {
    id: delivery.id,
    event_id: delivery.eventId,
    type: delivery.type,
    deployment_id: delivery.appId ?? null,
    status: delivery.status,
    attempts: delivery.attempts,
    last_status_code: delivery.lastStatusCode ?? null,
    last_error: delivery.lastError ?? null,
    next_attempt_at: toTimeOrNull(delivery.nextAttemptAt),
    created_at: toTime(delivery.createdAt),
    delivered_at: toTimeOrNull(delivery.deliveredAt),
  };
}
