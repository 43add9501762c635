// Entries of the feed as frames: the fields of the type, and beside them `type` and `data`, which the original's web client reads.
import { Phase, type FeedEvent } from '@slipway/contracts';

import { errorMessageOf, statusOf } from './status.js';
import { toTime } from './time.js';

/** What `types` may name. */
export const FRAME_TYPES = [
  'deployment_created',
  'deployment_status_changed',
  'deployment_updated',
  'deployment_scaled',
  'deployment_deleted',
  'deployment_domain_changed',
] as const;
export type FrameType = (typeof FRAME_TYPES)[number];

export interface Frame {
  readonly id: string | null;
  readonly type: string;
  /** Nothing has happened. */
  readonly test?: true;
  readonly deployment_id: string | null;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Undefined for a fact that this dialect has no frame for. */
export function toFrame(event: FeedEvent): Frame | undefined {
  const described = describe(event);
  if (!described) return undefined;
  const { type, fields } = described;
  const all = { deployment_id: event.appId, app_name: event.appName, ...fields };
  return {
    id: event.id,
    type,
    ...(event.fields.test === true && { test: true as const }),
    deployment_id: event.appId,
    timestamp: toTime(event.time),
    data: { ...fields, type, data: all },
  };
}

/** A frame as the two kinds of stream send it. */
export interface SentFrame {
  readonly frame: Frame;
  readonly message: Buffer;
  readonly serverSentEvent: string;
}

const sentFrames = new WeakMap<FeedEvent, SentFrame>();

/** What readers who are handed the same event share: it becomes JSON once, not once for each. */
export function toSentFrame(event: FeedEvent): SentFrame | undefined {
  const known = sentFrames.get(event);
  if (known) return known;
  const frame = toFrame(event);
  if (!frame) return undefined;
  const json = JSON.stringify(frame);
  const sent = { frame, message: Buffer.from(json), serverSentEvent: serverSentEvent(frame, json) };
  sentFrames.set(event, sent);
  return sent;
}

/** One without an id leaves the id that the client would resume from as it is. */
export function serverSentEvent({ id, type }: Frame, json: string): string {
  return `${id === null ? '' : `id: ${id}\n`}event: ${type}\ndata: ${json}\n\n`;
}

/** Entries between the reader's last id and what follows have gone with age. */
export function replayGap(now: Date): Frame {
  return { id: null, type: 'replay_gap', deployment_id: null, timestamp: toTime(now.toISOString()), data: {} };
}

interface Described {
  readonly type: FrameType;
  readonly fields: Readonly<Record<string, unknown>>;
}

function describe({ fact, appName: app_name, fields }: FeedEvent): Described | undefined {
  switch (fact) {
    case 'deployments.app.created':
      return { type: 'deployment_created', fields: { app_name } };
    case 'deployments.app.phase-changed':
      return { type: 'deployment_status_changed', fields: statusFields(fields) };
    case 'deployments.app.updated':
      return {
        type: 'deployment_updated',
        fields: { app_name, changes: sentenceOf(fields.changes), revision: fields.revision ?? null },
      };
    case 'deployments.app.restarted':
      return {
        type: 'deployment_updated',
        fields: { app_name, changes: 'Restarted', revision: fields.revision ?? null },
      };
    case 'deployments.app.scaled':
      return { type: 'deployment_scaled', fields: { old_replicas: fields.old, new_replicas: fields.new } };
    case 'deployments.domain.verified':
    case 'deployments.domain.failed':
    case 'deployments.domain.removed':
      return {
        type: 'deployment_domain_changed',
        fields: { domain: hostOf(fields.domain), status: fact.replace('deployments.domain.', '') },
      };
    case 'deployments.app.deleted':
      return { type: 'deployment_deleted', fields: { app_name } };
    default:
      return undefined;
  }
}

function statusFields({ to, reason, message, url, readyOnce }: FeedEvent['fields']): Record<string, unknown> {
  const phase = Object.values(Phase).find((one) => one === to) ?? Phase.pending;
  return {
    status: statusOf(phase, readyOnce === true),
    url: url ?? null,
    error_message: errorMessageOf({ phase, reason: textOf(reason), message: textOf(message) }),
  };
}

const WORDS: Readonly<Record<string, string>> = {
  variables: 'environment variables',
  health_check: 'health check',
  registry_auth: 'registry credentials',
};

/** `Changed image and port` */
function sentenceOf(changes: unknown): string {
  const words = (Array.isArray(changes) ? changes : []).map((change) => WORDS[textOf(change)] ?? textOf(change));
  const last = words.pop();
  if (last === undefined) return 'Changed';
  return `Changed ${words.length > 0 ? `${words.join(', ')} and ${last}` : last}`;
}

function hostOf(domain: unknown): string {
  return typeof domain === 'object' && domain !== null && 'host' in domain ? textOf(domain.host) : '';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
