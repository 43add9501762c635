import { problem, type Envelope, type Problem } from '@slipway/contracts';

/** What a handler answers, on the wire. */
export type Reply =
  | { readonly ok: true; readonly output: unknown; readonly replayed?: true }
  | { readonly ok: false; readonly problem: Problem; readonly replayed?: true };

/** Room for headers and for what a dead letter adds to a message. */
export const PAYLOAD_HEADROOM_BYTES = 64 * 1024;

const REPLAYED = Symbol('slipway:replayed');

/**
 * Called by the inbox when it answers with a recorded outcome: the reply then says `replayed`, whether the handler returns or
 * throws, and whatever the output's type is. The mark lives on the envelope of this one delivery and crosses no process.
 */
export function markReplayed(envelope: Envelope): void {
  Object.defineProperty(envelope, REPLAYED, { value: true });
}

export function wasReplayed(envelope: Envelope): boolean {
  return Reflect.get(envelope, REPLAYED) === true;
}

/** The most that a query is answered, in parts where one message cannot hold it. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** How many bytes of an answer one message may have. */
export function answerRoom(maxPayload: number): number {
  return maxPayload - PAYLOAD_HEADROOM_BYTES;
}

/** The bytes of a reply; one that is too large becomes a problem that says so, never a truncated answer. */
export function encodeReply(reply: Reply, kind: 'command' | 'query', maxPayload: number): Uint8Array {
  const bytes = Buffer.from(JSON.stringify(reply));
  const limit = kind === 'query' ? MAX_ANSWER_BYTES : answerRoom(maxPayload);
  if (bytes.length <= limit) return bytes;
  const size = `The answer has ${bytes.length} bytes, more than the ${limit} that it may have.`;
  const text =
    kind === 'query'
      ? `${size} Ask for less: a smaller page, a shorter range, or a single object.`
      : `${size} The change is made. Read its result in parts.`;
  return Buffer.from(
    JSON.stringify({
      ok: false,
      problem: problem.invalid('request', text, { code: 'too_large', facts: { limit } }),
    } satisfies Reply),
  );
}

/** @throws SyntaxError or TypeError when the bytes are no reply */
export function decodeReply(parts: readonly Uint8Array[]): Reply {
  const reply: unknown = JSON.parse(Buffer.concat(parts).toString());
  if (typeof reply === 'object' && reply !== null && 'ok' in reply) return reply as Reply;
  throw new TypeError('the answer is no reply');
}
