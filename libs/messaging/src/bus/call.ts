import { randomUUID } from 'node:crypto';

import type { Actor, Dialect, Envelope } from '@slipway/contracts';
import { currentTraceparent } from '@slipway/runtime';

/** Everything about a call but what is asked. */
export interface Call {
  readonly actor?: Actor;
  readonly dialect?: Dialect;
  readonly correlationId: string;
  /** The message that led to this call. */
  readonly causationId?: string;
  /** The Idempotency-Key in its scope. Default: the message id, fresh for each call. */
  readonly operationId?: string;
  readonly requestHash?: string;
  /** How long the caller waits, in milliseconds. Default: 10 000 for commands, 5 000 for queries. */
  readonly timeoutMs?: number;
}

export const COMMAND_TIMEOUT_MS = 10_000;
export const QUERY_TIMEOUT_MS = 5_000;

export function envelopeOf(call: Call, timeoutMs: number, replyTo?: string): Envelope & { deadline: number } {
  const messageId = randomUUID();
  return {
    messageId,
    operationId: call.operationId ?? messageId,
    requestHash: call.requestHash,
    correlationId: call.correlationId,
    causationId: call.causationId,
    actor: call.actor,
    dialect: call.dialect,
    deadline: Date.now() + timeoutMs,
    replyTo,
    traceparent: currentTraceparent(),
  };
}
