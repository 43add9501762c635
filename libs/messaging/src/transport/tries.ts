// Owns how often a message was begun. The broker's own count is another one: it has every delivery, also those whose process ended while the
// message still waited for its turn, and with such a count a few restarts would bury what no handler has seen.
import { jetstreamManager, type JsMsg } from '@nats-io/jetstream';

import type { Broker } from '../broker/broker.js';
import { Stream, triesSubject } from '../subjects.js';

const NOTE_TIMEOUT_MS = 5_000;

export class Tries {
  constructor(
    private readonly broker: Broker,
    private readonly service: string,
  ) {}

  /**
   * Notes that `message` begins, so that the note is there if it ends the process. The first delivery is not noted: a second one takes it for
   * begun, which is a try too many for a message that was not.
   * @returns which try this is, from 1
   * @throws when the broker does not take the note: then the message must not begin
   */
  async begin(message: JsMsg): Promise<number> {
    const { stream, streamSequence, timestampNanos, deliveryCount } = message.info;
    if (deliveryCount === 1) return 1;
    const subject = triesSubject(stream, this.service, `${streamSequence}.${timestampNanos}`);
    const { connection, jetstream } = this.broker;
    const manager = await jetstreamManager(connection, { checkAPI: false });
    const noted = await manager.streams.getMessage(Stream.tries, { last_by_subj: subject });
    const tries = Number(noted?.string() ?? 1) + 1;
    await jetstream.publish(subject, String(tries), { timeout: NOTE_TIMEOUT_MS });
    return tries;
  }
}
