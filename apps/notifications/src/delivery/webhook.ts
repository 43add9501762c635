import { createHash } from 'node:crypto';

import { Phase, type SubscriptionId, type UserId, type WebhookType } from '@slipway/contracts';

import type { Fact } from '../fact/fact.js';

/** What WEBHOOK_URL is always told. */
export const DOCUMENTED_TYPES: readonly WebhookType[] = [
  'deployment_started',
  'deployment_completed',
  'deployment_failed',
];

/** The types of webhook that a fact is, the main one first. */
export function webhookTypesOf({ name, fields }: Pick<Fact, 'name' | 'fields'>): readonly WebhookType[] {
  switch (name) {
    case 'deployments.app.updated':
      return ['deployment_updated'];
    case 'deployments.app.restarted':
      return ['deployment_restarted'];
    case 'deployments.app.scaled':
      return ['deployment_scaling'];
    case 'deployments.domain.verified':
      return ['deployment_domain_verified'];
    case 'deployments.app.deleted':
      return ['deployment_deleted'];
    case 'deployments.app.phase-changed':
      return typesOfPhase(fields);
    default:
      return [];
  }
}

// What a new App or revision passes on its way; a pass may come so late that it finds `pending` up at once.
const ON_THE_WAY: readonly unknown[] = [Phase.pending, Phase.deploying, Phase.updating, Phase.failed];

const FAILED_ACT: Readonly<Record<string, WebhookType>> = {
  scale: 'deployment_scale_failed',
  start: 'deployment_start_failed',
  stop: 'deployment_stop_failed',
};

function typesOfPhase({ from, to, after }: Fact['fields']): readonly WebhookType[] {
  switch (to) {
    case Phase.deploying:
    case Phase.updating:
      return ['deployment_started'];
    case Phase.running: {
      const types: WebhookType[] = ON_THE_WAY.includes(from) ? ['deployment_completed'] : [];
      return after === 'scale' ? [...types, 'deployment_scaled'] : types;
    }
    case Phase.failed: {
      const act = typeof after === 'string' ? FAILED_ACT[after] : undefined;
      return act ? ['deployment_failed', act] : ['deployment_failed'];
    }
    case Phase.stopped:
      // Scaled to 0 is stopped, and is what the scaling led to.
      return after === 'scale' ? ['deployment_stopped', 'deployment_scaled'] : ['deployment_stopped'];
    default:
      return [];
  }
}

/**
 * The `webhook-id`: the event's id for the main type. A further type of the same event has one of its own, made from both and so the same
 * however often the event comes: receivers drop a second message with an id that they know.
 */
export function webhookIdOf(eventId: string, type: WebhookType, isMain: boolean): string {
  if (isMain) return eventId;
  const hex = createHash('sha256').update(`${eventId}.${type}`).digest('hex');
  // The form of a version 8 UUID, which is for values of one's own making.
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

/** What a test of a webhook sends. */
export function testBodyOf(userId: UserId, subscriptionId: SubscriptionId, time: Date): string {
  return JSON.stringify({
    event: 'webhook.test',
    timestamp: toTime(time),
    data: { message: 'This is a test of your webhook', user_id: userId, webhook_id: subscriptionId },
  });
}

/** What is sent, byte for byte, in every attempt. */
export function bodyOf({ app, time }: Pick<Fact, 'app' | 'time'>, type: WebhookType, url: string | null): string {
  return JSON.stringify({
    deployment_id: app.id,
    status: type.replace(/^deployment_/, ''),
    type,
    timestamp: toTime(time),
    app_name: app.name,
    user_id: app.ownerId,
    url,
  });
}

function toTime(time: Date): string {
  return time.toISOString().replace('.000Z', 'Z');
}
