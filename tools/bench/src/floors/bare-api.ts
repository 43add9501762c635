// The floors of what is asked and written over HTTP: Fastify with one prepared statement; a transaction without HTTP; a question over NATS; a
// message that the broker has on disk; a password that is checked.
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';

import { verify } from '@node-rs/argon2';
import { jetstream, jetstreamManager, type JetStreamClient } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import fastify from 'fastify';
import pg from 'pg';

import { latenciesAlone, rateOf } from '../measure/closed-loop.js';
import { answerDriver } from '../parts/child.js';

export interface Floor {
  readonly databaseUrl: string;
  /** Of a broker of its own. */
  readonly natsUrl: string;
  readonly statement: string;
  readonly value: string;
}

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Rows that a transaction inserts, as they were read from the tables that they are copies of. */
export interface Written {
  readonly table: string;
  readonly row: Readonly<Record<string, unknown>>;
}

interface Checked {
  readonly password: string;
  /** What is stored of it. */
  readonly digest: string;
}

let given: Floor;
let pool: pg.Pool;
let nats: NatsConnection;
let streams: JetStreamClient;
let written: readonly Written[] = [];

const select = async (): Promise<unknown> =>
  (await pool.query<object>({ name: 'one', text: given.statement, values: [given.value] })).rows[0];

answerDriver({
  start: async (floor: Floor): Promise<number> => {
    given = floor;
    pool = new pg.Pool({ connectionString: floor.databaseUrl, max: 10 });
    nats = await connect({ servers: floor.natsUrl });
    // A question goes from one process to another.
    const answering = await connect({ servers: floor.natsUrl });
    answering.subscribe('question', { callback: (_, message) => void message.respond(message.data) });
    await answering.flush();
    await (await jetstreamManager(nats)).streams.add({ name: 'BENCH', subjects: ['bench'] });
    streams = jetstream(nats);
    const server = fastify({ logger: false });
    server.get('/one/:id', () => select());
    await server.listen({ host: '127.0.0.1', port: 0 });
    return (server.server.address() as AddressInfo).port;
  },
  roundTrip: ({ body }: { body: string }) => timed(() => nats.request('question', body, { timeout: 5_000 })),
  /** Milliseconds of all of these after each other, the median. */
  statements: ({ statements }: { statements: readonly Statement[] }) =>
    timed(async () => {
      for (const { text, values } of statements) await pool.query(text, [...values]);
    }),
  writes: ({ rows }: { rows: readonly Written[] }): void => {
    written = rows;
  },
  /** Milliseconds, the median. */
  write: () => timed(write),
  writesPerSecond: ({ clients, ms }: { clients: number; ms: number }) => rateOf(write, clients, ms),
  acknowledged: ({ body }: { body: string }) => timed(() => streams.publish('bench', body)),
  acknowledgedPerSecond: ({ body, clients, ms }: { body: string; clients: number; ms: number }) =>
    rateOf(() => streams.publish('bench', body), clients, ms),
  /** Milliseconds of one Argon2 verification, the median. */
  hash: ({ password, digest }: Checked) => timed(() => verify(digest, password)),
  hashesPerSecond: ({ password, digest, clients, ms }: Checked & { clients: number; ms: number }) =>
    rateOf(() => verify(digest, password), clients, ms),
});

const timed = async (work: () => Promise<unknown>): Promise<number> => (await latenciesAlone(work)).percentileMs(50);

/** The rows once more under ids of their own, in one transaction. */
async function write(): Promise<void> {
  const ids = new Map<string, string>();
  const client = await pool.connect();
  try {
    await client.query('begin');
    for (const { table, row } of written) {
      const columns = Object.keys(row);
      const names = columns.map((column) => `"${column}"`).join(', ');
      const places = columns.map((_, index) => `$${index + 1}`).join(', ');
      await client.query({
        name: table,
        text: `insert into ${table} (${names}) values (${places})`,
        values: columns.map((column) => renewed(row[column], ids)),
      });
    }
    await client.query('commit');
  } finally {
    client.release();
  }
}

const UUIDS = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** The same value, in which each id is replaced by a new one, everywhere by the same. */
function renewed(value: unknown, ids: Map<string, string>): unknown {
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replace(UUIDS, (id) => {
    const fresh = ids.get(id) ?? randomUUID();
    ids.set(id, fresh);
    return fresh;
  });
}
