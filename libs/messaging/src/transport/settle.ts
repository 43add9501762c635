// The only place that settles: every delivered command or event ends here, and only through what its handler's outcome was. Nothing here
// acks because of an error; what cannot be settled stays with the broker, which delivers it again.
import type { JsMsg } from '@nats-io/jetstream';
import type { Envelope } from '@slipway/contracts';
import { failpoint } from '@slipway/runtime';

import type { Broker } from '../broker/broker.js';
import { deadLetterOf } from '../dead-letters/dead-letter.js';
import { deadLetterSubject, durableOf } from '../subjects.js';
import { encodeReply, wasReplayed, type Reply } from '../wire/reply.js';
import type { Outcome } from './outcome.js';

const DEAD_LETTER_TIMEOUT_MS = 5_000;

export interface Delivery {
  readonly message: JsMsg;
  readonly service: string;
  /** Absent when the headers could not be read. */
  readonly envelope: Envelope | undefined;
}

/** Not begun here, since this process stops: another one may have it at once. */
export function giveBack(message: JsMsg): void {
  message.nak();
}

/** @throws when the broker does not take the dead letter: then the message is not settled */
export async function settle(broker: Broker, delivery: Delivery, outcome: Outcome): Promise<void> {
  const { message, envelope } = delivery;
  switch (outcome.kind) {
    case 'handled':
      // The handler's promise resolved after its commit.
      await failpoint('messaging.after-commit-before-ack');
      message.ack();
      await failpoint('messaging.after-ack-before-reply');
      reply(broker, envelope, { ok: true, output: outcome.output });
      return;
    case 'refused':
    case 'expired':
      message.ack();
      reply(broker, envelope, { ok: false, problem: outcome.problem });
      return;
    case 'retried':
      message.nak(outcome.delayMs);
      return;
    case 'dead':
      await bury(broker, delivery, outcome);
      if (outcome.problem) reply(broker, envelope, { ok: false, problem: outcome.problem });
      return;
  }
}

// Dead letter first, then term: on a work queue a terminated message is gone, so the other order can lose it.
async function bury(
  broker: Broker,
  { message, service }: Delivery,
  { death }: Outcome & { kind: 'dead' },
): Promise<void> {
  const { stream, streamSequence } = message.info;
  const { headers, body } = deadLetterOf(message, death, broker.maxPayload);
  await failpoint('messaging.before-dead-letter');
  await broker.jetstream.publish(deadLetterSubject(stream, durableOf(service)), body, {
    headers,
    // A crash before the term brings the message again; its second letter is a duplicate.
    msgID: `${stream}.${service}.${streamSequence}.${message.timestamp}`,
    timeout: DEAD_LETTER_TIMEOUT_MS,
  });
  await failpoint('messaging.after-dead-letter-before-term');
  message.term(death.reason);
}

function reply(broker: Broker, envelope: Envelope | undefined, answer: Reply): void {
  if (!envelope?.replyTo) return;
  const marked = wasReplayed(envelope) ? { ...answer, replayed: true as const } : answer;
  broker.connection.publish(envelope.replyTo, encodeReply(marked, 'command', broker.maxPayload));
}
