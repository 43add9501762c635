// Owns bringing messages to handlers: routing, reading, deadlines, running. Settling is in settle.ts alone.
import type { JsMsg } from '@nats-io/jetstream';
import type { Msg, Subscription } from '@nats-io/nats-core';
import { Inject, Injectable } from '@nestjs/common';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { problem, type Envelope, type Operation, type Problem } from '@slipway/contracts';
import {
  failpoint,
  inSpan,
  Metrics,
  Readiness,
  redactText,
  ServiceLogger,
  SpanKind,
  withLogContext,
} from '@slipway/runtime';
import { randomUUID } from 'node:crypto';
import { isObservable, lastValueFrom } from 'rxjs';

import { Broker } from '../broker/broker.js';
import { DeadReason } from '../dead-letters/dead-letter.js';
import type { HandlerExtras } from '../handlers/handles.js';
import { CONCURRENCY, MESSAGING_OPTIONS, registryOf, type MessagingOptions } from '../messaging-options.js';
import { compareProvisioned } from '../provisioning/provision.js';
import { internalProblem, Refusal, Transient } from '../refusal.js';
import { Sealing } from '../sealing/sealing.js';
import { queriesOf, Stream } from '../subjects.js';
import { fromHeaders } from '../wire/headers.js';
import { respondInParts } from '../wire/parts.js';
import { answerRoom, encodeReply, wasReplayed, type Reply } from '../wire/reply.js';
import { validateInput } from '../wire/validate-input.js';
import { Gate } from './gate.js';
import { MessageMetrics } from './message-metrics.js';
import { MAX_TRIES, retryDelayMs, type Outcome } from './outcome.js';
import { Puller } from './puller.js';
import { giveBack, settle } from './settle.js';
import { Tries } from './tries.js';

/** More queries at once are answered `unavailable`: waiting longer would only make all of them late. */
const MAX_QUERIES = 1_000;

interface Route {
  readonly operation: Operation;
  readonly handler: MessageHandler;
}

/** The transport of one service. `startService` takes it from the token TRANSPORT. */
@Injectable()
export class JetStreamTransport extends Server implements CustomTransportStrategy {
  private readonly routes = new Map<string, Route>();
  private readonly gate: Gate;
  private readonly counts: MessageMetrics;
  private readonly tries: Tries;
  private pullers: Puller[] = [];
  private queries: Subscription | undefined;
  private stopping = false;
  private readonly runningQueries = new Set<Promise<void>>();

  constructor(
    private readonly broker: Broker,
    private readonly sealing: Sealing,
    private readonly log: ServiceLogger,
    private readonly readiness: Readiness,
    metrics: Metrics,
    @Inject(MESSAGING_OPTIONS) private readonly options: MessagingOptions,
  ) {
    super();
    this.gate = new Gate(options.concurrency ?? CONCURRENCY.commands + CONCURRENCY.events);
    this.counts = new MessageMetrics(metrics);
    this.tries = new Tries(broker, options.service);
  }

  /** @throws Error when a subject has two handlers, or one that is not this service's to handle */
  override addHandler(
    pattern: unknown,
    handler: MessageHandler,
    isEvent = false,
    extras: Partial<HandlerExtras> = {},
  ): void {
    const { operation } = extras;
    if (!operation) throw new Error(`${String(pattern)} is bound without @Handles or @On`);
    const { subject } = operation;
    const { service } = this.options;
    if (this.routes.has(subject)) throw new Error(`${subject} has two handlers in ${service}: keep one`);
    if (operation.kind !== 'event' && operation.service !== service) {
      throw new Error(`${subject} belongs to ${operation.service}, so ${service} cannot handle it`);
    }
    if (operation.kind === 'event' && !operation.listeners.some((listener) => listener === service)) {
      throw new Error(`${subject} does not name ${service} among its listeners: add it in libs/contracts`);
    }
    this.routes.set(subject, { operation, handler });
    super.addHandler(pattern, handler, isEvent, extras);
  }

  listen(callback: (error?: unknown) => void): void {
    this.readiness.add('streams', () => this.assertProvisioned());
    const kinds = new Set([...this.routes.values()].map(({ operation }) => operation.kind));
    if (kinds.has('query')) this.queries = this.subscribeToQueries();
    if (kinds.has('command')) this.pullers.push(this.puller(Stream.commands, CONCURRENCY.commands));
    if (kinds.has('event')) this.pullers.push(this.puller(Stream.events, CONCURRENCY.events));
    for (const puller of this.pullers) puller.start();
    // The broker has read the subscription once it answers: whoever asks after the start is not told that nobody is there.
    this.broker.connection.flush().then(() => callback(), callback);
  }

  /** Takes no more messages and waits for the handlers that run. */
  async close(): Promise<void> {
    this.stopping = true;
    const drained =
      this.queries && !this.queries.isClosed() && this.broker.connected ? this.queries.drain() : undefined;
    await Promise.all([drained, ...this.pullers.map((puller) => puller.stop())]);
    await Promise.all(this.runningQueries);
    this.pullers = [];
  }

  on(): void {
    throw new Error('JetStreamTransport has no events: follow the connection of Broker');
  }

  unwrap<T>(): T {
    return this.broker.connection as T;
  }

  private async assertProvisioned(): Promise<void> {
    const { connection, connected } = this.broker;
    if (!connected) throw new Error('not known while the message broker is away');
    const differences = await compareProvisioned(connection, registryOf(this.options), this.options.service);
    if (differences.length > 0) throw new Error(differences.join(' | '));
  }

  private puller(stream: Stream, limit: number): Puller {
    return new Puller({
      broker: this.broker,
      stream,
      service: this.options.service,
      limit: this.options.concurrency ?? limit,
      logger: this.log,
      onMessage: (message) => this.deliver(message),
    });
  }

  private subscribeToQueries(): Subscription {
    return this.broker.connection.subscribe(queriesOf(this.options.service), {
      queue: this.options.service,
      callback: (error, message) => {
        if (error) this.log.error('queries are not received any more', { err: error });
        else this.startQuery(message);
      },
    });
  }

  private startQuery(message: Msg): void {
    if (this.runningQueries.size >= MAX_QUERIES) {
      this.counts.count('qry', 'overload');
      void this.answer(message, {
        ok: false,
        problem: problem.unavailable('service', 'Too many questions at once. Try again in a moment.', {
          retryAfterMs: 1_000,
        }),
      });
      return;
    }
    const running = this.answerQuery(message).finally(() => this.runningQueries.delete(running));
    this.runningQueries.add(running);
  }

  private async answerQuery(message: Msg): Promise<void> {
    const { subject } = message;
    const route = this.routes.get(subject);
    let envelope: Envelope | undefined;
    try {
      envelope = fromHeaders(message.headers);
      if (envelope.deadline !== undefined && envelope.deadline < Date.now())
        return this.counts.count(subject, 'expired');
      if (route?.operation.kind !== 'query') throw new Refusal(notHandled(subject));
      const { handler, operation } = route;
      const input = this.read(operation, message.data);
      if ('issues' in input) throw new Refusal(input);
      const output = await this.run(operation, handler, input.value, envelope);
      await this.answer(message, { ok: true, output });
      this.counts.count(subject, 'handled');
    } catch (error) {
      const refused = error instanceof Refusal;
      const known = route ? subject : 'unknown';
      this.counts.count(known, refused ? 'refused' : 'failed');
      await this.answer(message, {
        ok: false,
        problem: refused ? error.problem : this.queryFailed(error, subject, envelope),
      });
    }
  }

  private queryFailed(error: unknown, subject: string, envelope: Envelope | undefined) {
    const incident = envelope?.messageId ?? randomUUID();
    const fields = { err: causeOf(error), subject, incident, correlationId: envelope?.correlationId };
    if (error instanceof Transient) this.log.warn('a query could not be answered', fields);
    else this.log.error('a query failed', fields);
    return problemOf(error, incident);
  }

  private async answer(message: Msg, reply: Reply): Promise<void> {
    const { connection, maxPayload } = this.broker;
    try {
      await respondInParts(connection, message, encodeReply(reply, 'query', maxPayload), answerRoom(maxPayload));
    } catch (error) {
      this.log.warn('an answer could not be sent', { err: error, subject: message.subject });
    }
  }

  /** Never rejects: a message that could not be settled comes again. */
  private async deliver(message: JsMsg): Promise<void> {
    const { subject } = message;
    const { deliveryCount } = message.info;
    const known = this.routes.has(subject) ? subject : 'unknown';
    try {
      // What came before may have ended a process; alone, it takes no neighbour along.
      await this.gate.run(deliveryCount > 1, async () => {
        if (this.stopping) return giveBack(message);
        const { envelope, outcome } = await this.process(message);
        if (outcome.kind !== 'retried') this.tries.end(message);
        await settle(this.broker, { message, service: this.options.service, envelope }, outcome);
        this.counts.count(known, outcome.kind);
        if (outcome.kind === 'dead') {
          this.log.error('a message became a dead letter', {
            subject,
            ...outcome.death,
            messageId: envelope?.messageId,
          });
        }
      });
    } catch (error) {
      this.counts.count(known, 'unsettled');
      this.log.error('a message could not be settled and will come again', { err: error, subject, deliveryCount });
    }
  }

  private async process(message: JsMsg): Promise<{ envelope: Envelope | undefined; outcome: Outcome }> {
    const { subject } = message;
    let envelope: Envelope | undefined;
    try {
      envelope = fromHeaders(message.headers);
    } catch (error) {
      return { envelope, outcome: dead(DeadReason.undecodable, textOf(error)) };
    }
    const route = this.routes.get(subject);
    if (!route || route.operation.kind === 'query') {
      const outcome = dead(DeadReason.unroutable, `no handler of ${this.options.service} takes ${subject}`);
      return { envelope, outcome: { ...outcome, problem: notHandled(subject) } };
    }
    // However often it came: its caller was told 503 or 504, and it is never done.
    if (envelope.deadline !== undefined && envelope.deadline < Date.now())
      return { envelope, outcome: { kind: 'expired', problem: notStarted } };
    const tries = await this.tries.begin(message);
    if (tries > MAX_TRIES) {
      const text = `begun ${MAX_TRIES} times without being settled: its handler may have ended the process`;
      return { envelope, outcome: dead(DeadReason.exhausted, text, envelope.messageId) };
    }
    return { envelope, outcome: await this.handle(route, message.data, tries, envelope) };
  }

  private async handle(
    { operation, handler }: Route,
    data: Uint8Array,
    tries: number,
    envelope: Envelope,
  ): Promise<Outcome> {
    let input: ReadInput;
    try {
      input = this.read(operation, data);
    } catch (error) {
      return dead(DeadReason.undecodable, textOf(error), envelope.messageId);
    }
    if ('issues' in input) {
      if (operation.kind === 'command') return { kind: 'refused', problem: input };
      const broken = input.issues?.map((issue) => `${issue.path} ${issue.rule}`).join(', ');
      return dead(DeadReason.undecodable, `the payload is not as declared: ${broken}`);
    }
    try {
      return { kind: 'handled', output: await this.run(operation, handler, input.value, envelope) };
    } catch (error) {
      return this.failed(error, operation, tries, envelope);
    }
  }

  private failed(error: unknown, operation: Operation, tries: number, envelope: Envelope): Outcome {
    if (error instanceof Refusal) {
      if (operation.kind === 'event') return dead(DeadReason.refused, error.problem.text);
      if (!envelope.replyTo && !wasReplayed(envelope)) {
        this.log.warn('a command that nobody waits for was refused', {
          subject: operation.subject,
          problem: error.problem,
        });
      }
      return { kind: 'refused', problem: error.problem };
    }
    // An unknown error may pass as well (a lost connection that nobody classified), so it is tried again like a transient one.
    const incident = envelope.messageId;
    const waitedFor = envelope.replyTo !== undefined;
    const delayMs = retryDelayMs(tries, waitedFor);
    const fields = { err: causeOf(error), subject: operation.subject, incident, tries, retryInMs: delayMs };
    // Once for a message: what fails again fails for the same reason, and the dead letter has the last one.
    if (tries > 1) this.log.debug('a handler failed again', fields);
    else if (error instanceof Transient) this.log.warn('a handler asks for another try', fields);
    else this.log.error('a handler failed', fields);
    if (delayMs !== undefined) return { kind: 'retried', delayMs };
    if (!waitedFor || !(error instanceof Transient)) return dead(DeadReason.exhausted, textOf(error), incident);
    // No dead letter: its caller sends it again or does not, and an operator who replayed it would do what was told not to be done.
    this.log.warn('a command was given up, and its caller told to come again', fields);
    return { kind: 'expired', problem: problemOf(error, incident) };
  }

  private read(operation: Operation, data: Uint8Array): ReadInput {
    const body: unknown = JSON.parse(Buffer.from(data).toString());
    const plain = operation.kind === 'event' ? body : this.sealing.unseal(operation, body);
    const { value, issues } = validateInput(operation.kind === 'event' ? operation.payload : operation.input, plain);
    if (issues.length === 0) return { value };
    return { ...problem.invalid('request', 'The request breaks rules of its fields.'), issues };
  }

  private run(operation: Operation, handler: MessageHandler, input: object, envelope: Envelope): Promise<unknown> {
    const { subject } = operation;
    const { messageId, operationId, correlationId } = envelope;
    const span = {
      kind: operation.kind === 'query' ? SpanKind.SERVER : SpanKind.CONSUMER,
      parent: envelope.traceparent ?? null,
      attributes: { 'messaging.message.id': messageId },
    };
    return withLogContext({ messageId, operationId, correlationId }, () =>
      inSpan(`${subject} process`, span, () =>
        this.counts.time(subject, async () => {
          await failpoint('messaging.before-handler');
          const result: unknown = await handler(input, envelope);
          return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
        }),
      ),
    );
  }
}

const RETRY_AFTER_MS = 1_000;

type ReadInput =
  { readonly value: object } | (ReturnType<typeof problem.invalid> & { readonly issues: readonly object[] });

function dead(reason: DeadReason, text: string, incident?: string): Outcome & { kind: 'dead' } {
  return {
    kind: 'dead',
    death: { reason, text: redactText(text), incident },
    problem: internalProblem(incident),
  };
}

/** What a caller is told of an error that is no refusal: to come again when it will pass, else where the log tells more. */
function problemOf(error: unknown, incident: string): Problem {
  if (!(error instanceof Transient)) return internalProblem(incident);
  const text = error.message.replace(/\.$/, '');
  return problem.unavailable('service', `${text}. Try again in a moment.`, { retryAfterMs: RETRY_AFTER_MS });
}

const notStarted = problem.unavailable(
  'service',
  'The command was not started before its deadline and is dropped. Send it again.',
  { code: 'timeout' },
);

const notHandled = (subject: string) =>
  problem.notImplemented(
    'request',
    `Nobody handles ${subject}: the sender is newer than the receiver. Update all services.`,
  );

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const causeOf = (error: unknown): unknown => (error instanceof Transient ? (error.cause ?? error) : error);
