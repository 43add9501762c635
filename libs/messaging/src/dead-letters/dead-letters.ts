// What operators do with messages that could not be handled. Needs the rights of the `operator` user.
import { jetstream, jetstreamManager, type JetStreamManager, type StoredMsg } from '@nats-io/jetstream';
import { headers as createHeaders, type MsgHdrs, type NatsConnection } from '@nats-io/nats-core';

import { Stream } from '../subjects.js';
import { Header } from '../wire/headers.js';
import { DeadHeader, DeadReason } from './dead-letter.js';

export interface DeadLetter {
  /** Its number in DEAD_LETTERS. */
  readonly id: number;
  /** The stream and the service that it was for. */
  readonly stream: string;
  readonly service: string;
  readonly reason: DeadReason;
  /** What was wrong. */
  readonly text: string;
  /** Finds the line in the service's log. */
  readonly incident?: string;
  /** The subject that it was sent on. */
  readonly subject: string;
  readonly messageId?: string;
  readonly deliveries: number;
  /** When it was given up, RFC 3339. */
  readonly time: string;
  /** The size of the original when it was too large to be kept whole: then it cannot be replayed. */
  readonly truncatedFrom?: number;
  /** The original's headers, without those of the broker. */
  readonly headers: Readonly<Record<string, string>>;
  /** The original's body, sealed fields still sealed. */
  readonly body: Uint8Array;
}

const PAGE = 100;

/** The dead letters from number `from` (default: the oldest) on, at most `limit` (100) of them. */
export async function listDeadLetters(
  connection: NatsConnection,
  options: { from?: number; limit?: number } = {},
): Promise<DeadLetter[]> {
  const { from = 1, limit = PAGE } = options;
  const manager = await jetstreamManager(connection, { checkAPI: false });
  const letters: DeadLetter[] = [];
  for (let next = from; letters.length < limit;) {
    // Numbers have gaps where letters were replayed; this asks for the next one that there is.
    const query = { seq: next, next_by_subj: '>' };
    const stored = await manager.streams.getMessage(Stream.deadLetters, query);
    if (!stored) break;
    letters.push(deadLetterFrom(stored));
    next = stored.seq + 1;
  }
  return letters;
}

/** @returns undefined when there is no letter of this number */
export async function getDeadLetter(connection: NatsConnection, id: number): Promise<DeadLetter | undefined> {
  const manager = await jetstreamManager(connection, { checkAPI: false });
  const stored = await load(manager, id);
  return stored ? deadLetterFrom(stored) : undefined;
}

/**
 * Sends the original again and removes the letter. The operation id stays, so what took effect before does not take effect twice;
 * the deadline and the caller's inbox are dropped, since nobody waits any more. An event reaches all its listeners again: they drop
 * what they know.
 * @throws Error when there is no such letter, or it was too large to be kept whole
 */
export async function replayDeadLetter(connection: NatsConnection, id: number): Promise<DeadLetter> {
  const manager = await jetstreamManager(connection, { checkAPI: false });
  const stored = await load(manager, id);
  if (!stored) throw new Error(`there is no dead letter ${id}`);
  const letter = deadLetterFrom(stored);
  if (letter.truncatedFrom !== undefined) {
    throw new Error(
      `dead letter ${id} had ${letter.truncatedFrom} bytes and was not kept whole: it cannot be replayed`,
    );
  }
  const headers = createHeaders();
  for (const [name, value] of Object.entries(letter.headers)) headers.set(name, value);
  headers.delete(Header.deadline);
  headers.delete(Header.replyTo);
  // Sent first, removed then: after a crash in between, the same id makes the second replay a duplicate.
  await jetstream(connection).publish(letter.subject, letter.body, {
    headers,
    msgID: `replay.${id}.${letter.messageId ?? letter.time}`,
  });
  await manager.streams.deleteMessage(Stream.deadLetters, id);
  return letter;
}

async function load(manager: JetStreamManager, id: number): Promise<StoredMsg | null> {
  if (!Number.isSafeInteger(id) || id < 1) return null;
  return manager.streams.getMessage(Stream.deadLetters, { seq: id });
}

function deadLetterFrom(stored: StoredMsg): DeadLetter {
  const [, stream = '', service = ''] = stored.subject.split('.');
  const get = (name: string): string | undefined => stored.header.get(name) || undefined;
  const truncated = get(DeadHeader.truncated);
  return {
    id: stored.seq,
    stream,
    service,
    reason: (get(DeadHeader.reason) ?? DeadReason.undecodable) as DeadReason,
    text: get(DeadHeader.text) ?? '',
    incident: get(DeadHeader.incident),
    subject: get(DeadHeader.subject) ?? '',
    messageId: get(DeadHeader.messageId),
    deliveries: Number(get(DeadHeader.deliveries) ?? 0),
    time: get(DeadHeader.time) ?? stored.timestamp,
    truncatedFrom: truncated === undefined ? undefined : Number(truncated),
    headers: originalHeaders(stored.header),
    body: stored.data,
  };
}

function originalHeaders(headers: MsgHdrs): Record<string, string> {
  const ours: string[] = Object.values(DeadHeader);
  const names = headers.keys().filter((name) => !ours.includes(name) && !/^nats-/i.test(name));
  return Object.fromEntries(names.map((name) => [name, headers.get(name)]));
}
