import { Injectable } from '@nestjs/common';
import type { Envelope } from '@slipway/contracts';

import { Broker } from '../broker/broker.js';
import { toHeaders } from '../wire/headers.js';

/** A stored message: an event, or a command that nobody waits for. */
export interface OutgoingMessage {
  readonly subject: string;
  /** The outbox row's id. It becomes the message id, so that sending it again within the duplicate window has no effect. */
  readonly id: string;
  /** An event's operation id is its own id unless given. */
  readonly envelope: Partial<Omit<Envelope, 'messageId' | 'replyTo'>> & Pick<Envelope, 'correlationId'>;
  /** Already sealed where its class says so, see `Sealing.seal`. */
  readonly payload: object;
}

const PUBLISH_TIMEOUT_MS = 5_000;

/** Used by the outbox relay alone: what leaves otherwise could be lost or be untrue. */
@Injectable()
export class EventPublisher {
  constructor(private readonly broker: Broker) {}

  /**
   * Resolves when the broker has the message on disk (PubAck). A repeated id within five minutes counts as stored.
   * @throws Refusal `unavailable` at once when the broker is away; the client's error when it refuses or is silent for 5 s
   */
  async publish(message: OutgoingMessage): Promise<void> {
    this.broker.assertConnected();
    const operationId = message.envelope.operationId ?? message.id;
    const envelope: Envelope = { ...message.envelope, operationId, messageId: message.id };
    await this.broker.jetstream.publish(message.subject, JSON.stringify(message.payload), {
      headers: toHeaders(envelope),
      timeout: PUBLISH_TIMEOUT_MS,
    });
  }
}
