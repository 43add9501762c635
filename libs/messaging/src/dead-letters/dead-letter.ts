import { headers as createHeaders, type MsgHdrs } from '@nats-io/nats-core';
import type { JsMsg } from '@nats-io/jetstream';

import { Header } from '../wire/headers.js';
import { PAYLOAD_HEADROOM_BYTES } from '../wire/reply.js';

export const DeadReason = {
  /** Headers or body cannot be read, or the body is not what its contract says. */
  undecodable: 'undecodable',
  /** No handler of the service takes the subject. */
  unroutable: 'unroutable',
  /** Delivered as often as allowed without success. */
  exhausted: 'exhausted',
  /** A listener refused an event: there is nobody to tell. */
  refused: 'refused',
} as const;
export type DeadReason = (typeof DeadReason)[keyof typeof DeadReason];

export const DeadHeader = {
  reason: 'Slipway-Dead-Reason',
  text: 'Slipway-Dead-Text',
  subject: 'Slipway-Dead-Subject',
  messageId: 'Slipway-Dead-Message-Id',
  deliveries: 'Slipway-Dead-Deliveries',
  time: 'Slipway-Dead-Time',
  incident: 'Slipway-Dead-Incident',
  truncated: 'Slipway-Dead-Truncated',
} as const;

export interface Death {
  readonly reason: DeadReason;
  /** For operators: what is wrong. Holds no secret. */
  readonly text: string;
  readonly incident?: string;
}

const TEXT_LENGTH = 500;

/** The original message with the reason beside it. Headers of the broker's own are left out: they would act again. */
export function deadLetterOf(message: JsMsg, death: Death, maxPayload: number): { headers: MsgHdrs; body: Uint8Array } {
  const headers = createHeaders();
  for (const name of message.headers?.keys() ?? []) {
    if (/^nats-/i.test(name)) continue;
    for (const value of message.headers?.values(name) ?? []) headers.append(name, value);
  }
  const set = (name: string, value: string | undefined): void => {
    if (value) headers.set(name, value);
  };
  set(DeadHeader.reason, death.reason);
  set(DeadHeader.text, oneLine(death.text));
  set(DeadHeader.subject, message.subject);
  set(DeadHeader.messageId, message.headers?.get(Header.messageId));
  set(DeadHeader.deliveries, String(message.info.deliveryCount));
  set(DeadHeader.time, new Date().toISOString());
  set(DeadHeader.incident, death.incident);
  // Ours always fit; a stranger's message may fill the broker's limit to the last byte.
  const room = maxPayload - PAYLOAD_HEADROOM_BYTES / 2;
  if (message.data.length <= room) return { headers, body: message.data };
  set(DeadHeader.truncated, String(message.data.length));
  return { headers, body: message.data.subarray(0, room) };
}

function oneLine(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, TEXT_LENGTH);
}
