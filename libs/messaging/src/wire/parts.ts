// An answer that does not fit one message goes in parts, each of them sent when the one before has been taken: none waits in the broker,
// which cuts off a reader that has too much to read.
import { headers, type Msg, type NatsConnection } from '@nats-io/nats-core';

const MORE = 'Slipway-More';
const PART_TIMEOUT_MS = 5_000;

/**
 * Answers a question with `bytes`, at most `partBytes` a message. Resolves when the last part has been sent.
 * @throws TimeoutError of the client library when who asked takes no more parts
 */
export async function respondInParts(
  connection: NatsConnection,
  question: Pick<Msg, 'reply' | 'respond'>,
  bytes: Uint8Array,
  partBytes: number,
): Promise<void> {
  let start = 0;
  for (; question.reply && bytes.length - start > partBytes; start += partBytes) {
    const more = headers();
    more.set(MORE, '1');
    const part = bytes.subarray(start, start + partBytes);
    await connection.request(question.reply, part, { headers: more, timeout: PART_TIMEOUT_MS });
  }
  question.respond(bytes.subarray(start));
}

/** Whether another part follows, which comes when this one has been taken. */
export function hasMore(message: Pick<Msg, 'headers'>): boolean {
  return message.headers?.has(MORE) ?? false;
}

/** Asks for the part after `message`. */
export function take(message: Pick<Msg, 'respond'>): void {
  message.respond();
}
