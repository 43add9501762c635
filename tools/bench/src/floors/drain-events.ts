// The floor of a backlog: for each listener a consumer, whose messages go into an inbox like Slipway's, as many at once as have come, and are
// acknowledged after that. Nothing follows from them.
import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager, type JsMsg } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import pg from 'pg';

import { now } from '../measure/clock.js';
import { answerDriver } from '../parts/child.js';

const STREAM = 'EVENTS';
/** As Slipway's. */
const AT_ONCE = 256;
const MAX_ACK_PENDING = 2_000;

export interface Draining {
  /** Of a broker of its own. */
  readonly natsUrl: string;
  /** Services, each of which gets every event. */
  readonly listeners: readonly string[];
}

let given: Draining;
let nats: NatsConnection;
let pool: pg.Pool;

answerDriver({
  start: async (draining: Draining): Promise<void> => {
    given = draining;
    nats = await connect({ servers: given.natsUrl });
  },
  /** Events a second that every listener has. */
  drain: async ({ events, databaseUrl }: { events: number; databaseUrl: string }): Promise<number> => {
    pool = new pg.Pool({ connectionString: databaseUrl });
    await pool.query('create schema if not exists bench');
    for (const listener of given.listeners) {
      await pool.query(`drop table if exists bench.${listener}`);
      await pool.query(`create table bench.${listener} (like ${listener}.inbox including all)`);
    }
    const began = now();
    await Promise.all(given.listeners.map((listener) => drained(listener, events)));
    const perSecond = (1000 * events) / (now() - began);
    await pool.end();
    return perSecond;
  },
});

async function drained(listener: string, events: number): Promise<void> {
  const { name } = await (
    await jetstreamManager(nats)
  ).consumers.add(STREAM, {
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    max_ack_pending: MAX_ACK_PENDING,
  });
  const messages = await (await jetstream(nats).consumers.get(STREAM, name)).consume({ max_messages: MAX_ACK_PENDING });
  let gathered: JsMsg[] = [];
  let writing: Promise<void> | undefined;
  let left = events;
  for await (const message of messages) {
    gathered.push(message);
    left -= 1;
    const isFull = gathered.length === AT_ONCE || left === 0;
    if (isFull && writing) await writing;
    if (isFull || !writing) {
      const batch = gathered;
      gathered = [];
      writing = written(listener, batch).finally(() => (writing = undefined));
    }
    if (left === 0) break;
  }
  await writing;
  await messages.close();
}

async function written(listener: string, batch: readonly JsMsg[]): Promise<void> {
  const ids = batch.map(({ headers }) => headers?.get('Nats-Msg-Id') ?? '');
  await pool.query(
    `insert into bench.${listener} (operation_id, subject, message_id, outcome)
      select operation_id, subject, operation_id, 'answered' from unnest($1::text[], $2::text[]) as taken (operation_id, subject)
      on conflict do nothing`,
    [ids, batch.map(({ subject }) => subject)],
  );
  for (const message of batch) message.ack();
}
