// Owns running one service as it runs in production, in this process: own database, own broker with the users' rights, port 0, its
// callers played by the test. Nothing of the service is replaced.
import 'reflect-metadata';

import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { jetstreamManager } from '@nats-io/jetstream';
import type { Msg } from '@nats-io/nats-core';
import type { Command, Envelope, Event, Operation, Query } from '@slipway/contracts';
import { operations as registry, ServiceName } from '@slipway/contracts';
import { type EmbeddedCluster, type EmbeddedClusterOptions, startEmbeddedCluster } from '@slipway/embedded-cluster';
import {
  type Broker,
  Bus,
  type Call,
  fromHeaders,
  generateSealKeyPair,
  JetStreamTransport,
  Refusal,
  type Reply,
  Sealing,
  Stream,
  toHeaders,
  validateInput,
} from '@slipway/messaging';
import type { MigrationClass } from '@slipway/persistence';
import {
  AdminServer,
  createLogger,
  createServiceLogger,
  type Logger,
  Readiness,
  type ReadinessReport,
  type RunningService,
  type ServiceDefinition,
  startService,
} from '@slipway/runtime';
import { isObservable, lastValueFrom } from 'rxjs';
import { DataSource, type EntityTarget, type FindOptionsWhere, type ObjectLiteral } from 'typeorm';

import { actor } from '../actor.js';
import { waitFor } from '../wait-for.js';
import { FAILED } from './failed-mark.js';
import { startTestBroker, type TestBroker } from './test-broker.js';
import { createServiceDatabase, type ServiceDatabase } from './test-database.js';

export interface HarnessOptions {
  /** What the app's index.ts exports. */
  readonly service: ServiceDefinition<object>;
  /** Its migrations; left out for a service without a database. */
  readonly migrations?: readonly MigrationClass[];
  /** Further variables, and such as replace the harness's own (DATABASE_URL, NATS_URL, keys, KUBECONFIG_PATH). */
  readonly env?: Readonly<Record<string, string>>;
  /** Starts an embedded cluster for this test. Default: none. */
  readonly cluster?: boolean | EmbeddedClusterOptions;
  /** Default: the registry of libs/contracts. For libraries whose tests declare operations of their own. */
  readonly operations?: readonly Operation[];
}

/** A command or an event as it is delivered. */
export interface Message<O> {
  readonly operation: Operation;
  readonly input: object;
  readonly envelope: Envelope;
  /** Only ties the answer's type to the message. */
  readonly output?: O;
}

export interface PublishedEvent<P> {
  readonly payload: P;
  readonly envelope: Envelope;
}

/** Everything of a call may be given. Default: a fresh actor without rights. `actor: undefined` is a call without a credential. */
export type TestCall = Partial<Call>;

/**
 * Starts a service for its `.int.spec.ts`, once per file, and returns when it is ready:
 * `beforeAll(async () => { harness = await startHarness({ service, migrations }) })`,
 * `afterAll(() => harness.close())`.
 */
export async function startHarness(options: HarnessOptions): Promise<Harness> {
  const { service, operations = registry } = options;
  const folder = mkdtempSync(join(tmpdir(), 'slipway-harness-'));
  const logFile = join(folder, 'log.jsonl');
  const logger = createLogger({ destination: logFile });
  const stops: (() => unknown)[] = [];
  try {
    const broker = await startTestBroker(operations, logger.child({ service: 'harness' }));
    stops.unshift(() => broker.stop());
    const database = options.migrations && (await createServiceDatabase(service.name, options.migrations));
    if (database) stops.unshift(() => database.drop());
    const cluster = options.cluster
      ? await startEmbeddedCluster(options.cluster === true ? {} : options.cluster)
      : undefined;
    if (cluster) {
      stops.unshift(() => cluster.close());
      writeFileSync(join(folder, 'kubeconfig'), cluster.kubeconfig, { mode: 0o600 });
    }
    const pairs = new Map(Object.values(ServiceName).map((name) => [name as string, generateSealKeyPair()]));
    const sealPublicKeys = [...pairs].map(([name, { publicKey }]) => `${name}:${publicKey}`).join(',');
    const env = {
      NATS_URL: broker.urlOf(service.name),
      ENCRYPTION_KEYS: `1:${randomBytes(32).toString('base64')}`,
      SEAL_PUBLIC_KEYS: sealPublicKeys,
      SEAL_PRIVATE_KEY: pairs.get(service.name)?.privateKey,
      DATABASE_URL: database?.databaseUrl,
      KUBECONFIG_PATH: cluster && join(folder, 'kubeconfig'),
      ...options.env,
    };
    const given = {
      service,
      env,
      operations,
      sealPublicKeys,
      broker,
      database,
      cluster,
      folder,
      logFile,
      logger,
      stops,
    };
    const harness = new Harness(given, await broker.connectAs(ServiceName.gateway));
    stops.unshift(() => harness.leave());
    await harness.start();
    return harness;
  } catch (error) {
    for (const stop of stops) await stop();
    throw new Error(`${service.name} did not start in its harness; its log is ${logFile}`, { cause: error });
  }
}

interface Given {
  readonly service: ServiceDefinition<object>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly operations: readonly Operation[];
  readonly sealPublicKeys: string;
  readonly broker: TestBroker;
  readonly database: ServiceDatabase | undefined;
  readonly cluster: EmbeddedCluster | undefined;
  readonly folder: string;
  readonly logFile: string;
  readonly logger: Logger;
  readonly stops: readonly (() => unknown)[];
}

export class Harness {
  private running: RunningService | undefined;
  private readonly buses = new Map<string, Promise<Bus>>();
  private readonly connections: Broker[] = [];
  private readonly captured: { readonly subject: string; readonly payload: unknown; readonly envelope: Envelope }[] =
    [];

  constructor(
    private readonly given: Given,
    /** May do everything at the broker. */
    private readonly connection: Broker,
  ) {
    this.connections.push(connection);
  }

  /** The running service, `app` inside: providers are got by `service.app.get(Class)`. */
  get service(): RunningService {
    if (!this.running) throw new Error(`${this.given.service.name} is stopped`);
    return this.running;
  }

  get dataSource(): DataSource {
    return this.service.app.get(DataSource, { strict: false });
  }

  /** The embedded cluster, when it was asked for. */
  get cluster(): EmbeddedCluster {
    if (!this.given.cluster) throw new Error('startHarness was not given `cluster: true`');
    return this.given.cluster;
  }

  /** URL of the database's superuser, for statements that no service may do. */
  get ownerUrl(): string {
    if (!this.given.database) throw new Error('startHarness was given no migrations, so there is no database');
    return this.given.database.ownerUrl;
  }

  /** JSON lines of the service. */
  get logFile(): string {
    return this.given.logFile;
  }

  /** Takes the broker away; it keeps its data. */
  async haltBroker(): Promise<void> {
    await this.given.broker.halt();
  }

  /** Brings the broker back, and returns when everybody has found it. */
  async resumeBroker(): Promise<void> {
    await this.given.broker.resume();
    await waitFor(async () => {
      for (const { connection } of this.connections) await connection.flush();
      return (await this.readiness()).ready;
    });
  }

  /** Starts the service, which is not running; `changed` is what its environment has become. */
  async start(changed: Readonly<Record<string, string>> = {}): Promise<void> {
    const { service, logger } = this.given;
    const env = { ...this.given.env, ...changed };
    this.running = await startService(service, { env, adminServer: new AdminServer(), logger, signals: false });
    await this.running.ready;
  }

  /** Stops the service in order; database and broker stay. */
  async stop(): Promise<void> {
    const running = this.running;
    this.running = undefined;
    await running?.close();
  }

  /** What /readyz says. */
  readiness(): Promise<ReadinessReport> {
    return this.service.app.get(Readiness, { strict: false }).report();
  }

  /** Sends a command as the first of its senders does, and waits for the answer. @throws Refusal */
  async execute<I extends object, O extends object | void>(
    command: Command<I, O>,
    input: I,
    call: TestCall = {},
  ): Promise<O> {
    return (await this.call(command, input, call)).output;
  }

  /** Like `execute`, and tells whether the answer was a recorded one. */
  async call<I extends object, O extends object | void>(
    command: Command<I, O>,
    input: I,
    call: TestCall = {},
  ): Promise<{ output: O; replayed: boolean }> {
    return (await this.busOf(command)).execute(command, input, completed(call));
  }

  /** Asks a query as the first of its senders does. @throws Refusal */
  async query<I extends object, O extends object>(query: Query<I, O>, input: I, call: TestCall = {}): Promise<O> {
    return (await this.busOf(query)).query(query, input, completed(call));
  }

  /** A message to be delivered by hand, as often and in whatever order a test wants. Its ids are fresh unless given. */
  message<I extends object, O extends object | void>(
    command: Command<I, O>,
    input: I,
    envelope?: Partial<Envelope>,
  ): Message<O>;
  message<P extends object>(event: Event<P>, payload: P, envelope?: Partial<Envelope>): Message<void>;
  message(operation: Operation, input: object, envelope: Partial<Envelope> = {}): Message<unknown> {
    const messageId = envelope.messageId ?? randomUUID();
    const defaults = { messageId, operationId: messageId, correlationId: randomUUID() };
    const sender = operation.kind === 'event' ? {} : { actor: actor() };
    return { operation, input, envelope: { ...defaults, ...sender, ...envelope } };
  }

  /**
   * Delivers a message to its handler as the transport does after reading it, past the broker, which would drop a second one. A second
   * delivery of the same message is what a crash between commit and ack leads to.
   * @throws Refusal, Transient, or whatever else the handler throws
   */
  async deliver<O>({ operation, input, envelope }: Message<O>): Promise<O> {
    const handler = this.service.app.get(JetStreamTransport, { strict: false }).getHandlerByPattern(operation.subject);
    if (!handler) throw new Error(`${this.given.service.name} has no handler of ${operation.subject}`);
    const declared = operation.kind === 'event' ? operation.payload : operation.input;
    const { value, issues } = validateInput(declared, JSON.parse(JSON.stringify(input)));
    if (issues.length > 0) throw new Error(`${operation.subject} is not as declared: ${JSON.stringify(issues)}`);
    const result: unknown = await handler(value, { ...envelope });
    return (isObservable(result) ? await lastValueFrom(result, { defaultValue: undefined }) : result) as O;
  }

  /** Publishes an event as its owner's relay does, and resolves when the service has handled it. */
  async publish<P extends object>(event: Event<P>, payload: P, envelope: Partial<Envelope> = {}): Promise<void> {
    const { name } = this.given.service;
    if (!event.listeners.some((listener) => listener === name))
      throw new Error(`${name} does not listen to ${event.subject}`);
    const message = this.message(event, payload, envelope);
    const { seq } = await this.connection.jetstream.publish(event.subject, JSON.stringify(payload), {
      headers: toHeaders(message.envelope),
    });
    const manager = await jetstreamManager(this.connection.connection);
    await waitFor(async () => (await manager.consumers.info(Stream.events, name)).ack_floor.stream_seq >= seq);
  }

  /** Hears what is published to a live subject from now on, until the harness is closed. */
  async listen(subject: string, onPayload: (payload: unknown) => void): Promise<void> {
    const { connection } = this.connection;
    connection.subscribe(subject, {
      callback: (error, message) => {
        if (!error) onPayload(message.json());
      },
    });
    await connection.flush();
  }

  /** Answers a query in place of the service that owns it, until the harness is closed. A thrown Refusal is its refusal. */
  async answer<I extends object, O extends object>(
    query: Query<I, O>,
    reply: (input: I, envelope: Envelope) => O | Promise<O>,
  ): Promise<void> {
    const { connection } = this.connection;
    const answerTo = async (message: Msg): Promise<Reply> => {
      try {
        return { ok: true, output: await reply(message.json<I>(), fromHeaders(message.headers)) };
      } catch (error) {
        if (error instanceof Refusal) return { ok: false, problem: error.problem };
        throw error;
      }
    };
    connection.subscribe(query.subject, {
      callback: (error, message) => {
        if (!error) void answerTo(message).then((answer) => message.respond(JSON.stringify(answer)));
      },
    });
    await connection.flush();
  }

  /** Publishes to a live subject that the service hears. */
  async emit(subject: string, payload: object): Promise<void> {
    const { connection } = this.connection;
    connection.publish(subject, JSON.stringify(payload));
    await connection.flush();
  }

  /** Rows of a table of the service. */
  rows<E extends ObjectLiteral>(entity: EntityTarget<E>, where: FindOptionsWhere<E> = {}): Promise<E[]> {
    return this.dataSource.getRepository(entity).find({ where });
  }

  /** The payloads of what was put in the outbox for a subject, sent or not, in order. */
  async outbox<P extends object>(message: Event<P> | Command<P, object | void>): Promise<P[]> {
    const rows = await this.dataSource.query<{ payload: P }[]>(
      `select payload from outbox where subject = $1 order by position`,
      [message.subject],
    );
    return rows.map(({ payload }) => payload);
  }

  /** What the broker has of an event, in order, after everything in the outbox has left. */
  async events<P extends object>(event: Event<P>): Promise<PublishedEvent<P>[]> {
    await waitFor(async () => {
      const unsent = await this.dataSource.query<unknown[]>(`select 1 from outbox where sent_at is null limit 1`);
      return unsent.length === 0;
    });
    const consumer = await this.connection.jetstream.consumers.get(Stream.events, { filter_subjects: event.subject });
    const { num_pending: count } = await consumer.info();
    if (count === 0) return [];
    const events: PublishedEvent<P>[] = [];
    for await (const message of await consumer.fetch({ max_messages: count })) {
      events.push({ payload: message.json<P>(), envelope: fromHeaders(message.headers) });
    }
    return events;
  }

  /** Stops everything. When a test of the file has failed, the log is kept and its path printed. */
  async close(): Promise<void> {
    const { stops, folder, logFile, service } = this.given;
    for (const stop of stops) await stop();
    if (Reflect.get(globalThis, FAILED)) process.stderr.write(`the log of ${service.name} is kept in ${logFile}\n`);
    else rmSync(folder, { recursive: true, force: true });
  }

  /** Stops the service and closes the harness's own connections; for `close`. */
  async leave(): Promise<void> {
    await this.stop();
    await Promise.all(this.connections.map((connection) => connection.close()));
  }

  // A service may answer only to the inboxes of those who may send to it.
  private busOf({ senders }: Command<object, object | void> | Query<object, object>): Promise<Bus> {
    const sender = senders[0] ?? ServiceName.gateway;
    let bus = this.buses.get(sender);
    if (!bus) this.buses.set(sender, (bus = this.connectBus(sender)));
    return bus;
  }

  private async connectBus(sender: string): Promise<Bus> {
    const { broker, sealPublicKeys, operations, logger } = this.given;
    const connection = await broker.connectAs(sender);
    this.connections.push(connection);
    const sealing = new Sealing({ publicKeys: sealPublicKeys });
    const options = { service: sender, natsUrl: broker.urlOf(sender), operations };
    return new Bus(connection, sealing, createServiceLogger(logger, 'harness'), options);
  }
}

function completed(call: TestCall): Call {
  return { actor: actor(), correlationId: randomUUID(), ...call };
}
