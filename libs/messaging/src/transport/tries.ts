// Owns how often a message was begun. The broker's own count is another one: it has every delivery, also those whose process ended while the
// message still waited for its turn, and with such a count a few restarts would bury what no handler has seen.
import { jetstreamManager, type JsMsg } from '@nats-io/jetstream';

import type { Broker } from '../broker/broker.js';
import { Stream, triesSubject } from '../subjects.js';

const NOTE_TIMEOUT_MS = 5_000;
/** More than may be on their way at once: what ended longer ago has been settled. */
const ENDED_KEPT = 1_000;

export class Tries {
  private readonly ended = new Set<string>();

  constructor(
    private readonly broker: Broker,
    private readonly service: string,
  ) {}

  /**
   * Notes that `message` begins, so that the note is there if it ends the process. The first delivery is not noted: a second one takes it for
   * begun, which is a try too many for a message that was not. Nor is another try noted of what ended here: it is done, and its ack was lost.
   * @returns which try this is, from 1
   * @throws when the broker does not take the note: then the message must not begin
   */
  async begin(message: JsMsg): Promise<number> {
    if (message.info.deliveryCount === 1) return 1;
    const subject = this.subjectOf(message);
    const { connection, jetstream } = this.broker;
    const manager = await jetstreamManager(connection, { checkAPI: false });
    const noted = await manager.streams.getMessage(Stream.tries, { last_by_subj: subject });
    const begun = Number(noted?.string() ?? 1);
    if (this.ended.has(subject)) return begun;
    const tries = begun + 1;
    await jetstream.publish(subject, String(tries), { timeout: NOTE_TIMEOUT_MS });
    return tries;
  }

  /** Tells that the handler of `message` ended and left this process alive, with an outcome that needs no other try. */
  end(message: JsMsg): void {
    this.ended.add(this.subjectOf(message));
    const [oldest] = this.ended;
    if (this.ended.size > ENDED_KEPT && oldest !== undefined) this.ended.delete(oldest);
  }

  private subjectOf({ info: { stream, streamSequence, timestampNanos } }: JsMsg): string {
    return triesSubject(stream, this.service, `${streamSequence}.${timestampNanos}`);
  }
}
