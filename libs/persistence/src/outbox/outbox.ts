import { randomUUID } from 'node:crypto';

import type { Command, Envelope, Event } from '@slipway/contracts';
import { validateInput, type Sealing } from '@slipway/messaging';
import { currentTraceparent } from '@slipway/runtime';
import type { EntityManager } from 'typeorm';

/** What a stored message keeps of the envelope it was caused by. */
export type StoredEnvelope = Pick<
  Envelope,
  'correlationId' | 'causationId' | 'actor' | 'dialect' | 'occurredAt' | 'traceparent'
>;

interface OutboxRow {
  readonly id: string;
  readonly subject: string;
  readonly envelope: StoredEnvelope;
  readonly payload: string;
}

export interface AddOptions {
  /** The message that led to this one. Default: the command or event of the transaction. */
  readonly causation?: string;
}

/** Events stay small and name what to fetch; this is far below what any broker we accept takes. */
const MAX_PAYLOAD_BYTES = 1024 * 1024;

/** What a transaction wants to be published once it is committed. Its rows are written with the last statements, in the order of the calls. */
export class Outbox {
  private readonly rows: OutboxRow[] = [];

  constructor(
    private readonly sealing: Sealing,
    private readonly envelope: Envelope | undefined,
  ) {}

  /**
   * Publishes a fact after the commit. Fields that the event does not declare are dropped.
   * @throws Error when the payload breaks a rule of the event's class or is larger than 1 MiB: a defect of the caller
   */
  async add<P extends object>(event: Event<P>, payload: P, options: AddOptions = {}): Promise<void> {
    this.put(event.subject, checked(event.subject, event.payload, payload), options);
  }

  /**
   * Sends a command that nobody waits for after the commit; its sealed fields are encrypted for the receiver before they are stored.
   * @throws Error like `add`
   */
  async send<I extends object>(command: Command<I, object | void>, input: I, options: AddOptions = {}): Promise<void> {
    const valid = checked(command.subject, command.input, input);
    this.put(command.subject, this.sealing.seal(command, valid), options);
  }

  get isEmpty(): boolean {
    return this.rows.length === 0;
  }

  /** Writes the rows. Called once, by Transactions, before the commit. */
  async flush(manager: EntityManager): Promise<void> {
    if (this.isEmpty) return;
    await manager.query(
      `insert into outbox (id, subject, envelope, payload)
       select id, subject, envelope::json, payload::json
         from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) with ordinality as message(id, subject, envelope, payload, number)
        order by number`,
      [
        this.rows.map(({ id }) => id),
        this.rows.map(({ subject }) => subject),
        this.rows.map(({ envelope }) => JSON.stringify(envelope)),
        this.rows.map(({ payload }) => payload),
      ],
    );
  }

  private put(subject: string, content: object, { causation }: AddOptions): void {
    const payload = JSON.stringify(content);
    const bytes = Buffer.byteLength(payload);
    if (bytes > MAX_PAYLOAD_BYTES)
      throw new Error(`${subject} has ${bytes} bytes, more than the ${MAX_PAYLOAD_BYTES} of a stored message`);
    const cause = this.envelope;
    const envelope: StoredEnvelope = {
      correlationId: cause?.correlationId ?? randomUUID(),
      causationId: causation ?? cause?.messageId,
      actor: cause?.actor,
      dialect: cause?.dialect,
      occurredAt: Date.now(),
      traceparent: currentTraceparent() ?? cause?.traceparent,
    };
    this.rows.push({ id: randomUUID(), subject, envelope, payload });
  }
}

function checked<T extends object>(subject: string, target: new () => T, plain: T): T {
  const { value, issues } = validateInput(target, plain);
  if (issues.length === 0) return value;
  const broken = issues.map(({ path, rule }) => `${path} (${rule})`).join(', ');
  throw new Error(`${subject} is not as its class declares: ${broken}`);
}
