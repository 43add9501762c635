// The envelope as headers, and back. README.md holds the table.
import type { Actor, Dialect, Envelope } from '@slipway/contracts';
import { headers as createHeaders, type MsgHdrs } from '@nats-io/nats-core';

export const Header = {
  messageId: 'Nats-Msg-Id',
  operationId: 'Slipway-Operation',
  requestHash: 'Slipway-Request-Hash',
  correlationId: 'Slipway-Correlation',
  causationId: 'Slipway-Causation',
  actor: 'Slipway-Actor',
  dialect: 'Slipway-Dialect',
  occurredAt: 'Slipway-Occurred-At',
  deadline: 'Slipway-Deadline',
  replyTo: 'Slipway-Reply-To',
  traceparent: 'traceparent',
} as const;

export function toHeaders(envelope: Envelope): MsgHdrs {
  const headers = createHeaders();
  const set = (name: string, value: string | undefined): void => {
    if (value !== undefined) headers.set(name, value);
  };
  set(Header.messageId, envelope.messageId);
  set(Header.operationId, envelope.operationId);
  set(Header.requestHash, envelope.requestHash);
  set(Header.correlationId, envelope.correlationId);
  set(Header.causationId, envelope.causationId);
  set(Header.actor, envelope.actor && asciiJson(envelope.actor));
  set(Header.dialect, envelope.dialect);
  set(Header.occurredAt, envelope.occurredAt?.toString());
  set(Header.deadline, envelope.deadline?.toString());
  set(Header.replyTo, envelope.replyTo);
  set(Header.traceparent, envelope.traceparent);
  return headers;
}

/** @throws EnvelopeError when ids are missing or a header cannot be read */
export function fromHeaders(headers: MsgHdrs | undefined): Envelope {
  const get = (name: string): string | undefined => headers?.get(name) || undefined;
  const required = (name: string): string => {
    const value = get(name);
    if (value === undefined) throw new EnvelopeError(`the header ${name} is missing`);
    return value;
  };
  const time = (name: string): number | undefined => {
    const text = get(name);
    return text === undefined ? undefined : parseTime(name, text);
  };
  const actor = get(Header.actor);
  return {
    messageId: required(Header.messageId),
    operationId: required(Header.operationId),
    requestHash: get(Header.requestHash),
    correlationId: required(Header.correlationId),
    causationId: get(Header.causationId),
    actor: actor === undefined ? undefined : parseActor(actor),
    dialect: get(Header.dialect) as Dialect | undefined,
    occurredAt: time(Header.occurredAt),
    deadline: time(Header.deadline),
    replyTo: get(Header.replyTo),
    traceparent: get(Header.traceparent),
  };
}

export class EnvelopeError extends Error {}

function parseTime(name: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new EnvelopeError(`the header ${name} is no time in milliseconds`);
  return Number(text);
}

function parseActor(text: string): Actor {
  try {
    const actor: unknown = JSON.parse(text);
    if (typeof actor === 'object' && actor !== null && 'userId' in actor) return actor as Actor;
  } catch {
    // told below, without the text
  }
  throw new EnvelopeError(`the header ${Header.actor} is no actor`);
}

// Header values may hold no line break, and some clients read them as Latin-1.
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
