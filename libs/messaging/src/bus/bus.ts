// Owns asking others: commands over JetStream, queries and live subjects over core NATS. Never retries: a request's caller decides.
import { TimeoutError } from '@nats-io/nats-core';
import { JetStreamApiError } from '@nats-io/jetstream';
import { Inject, Injectable } from '@nestjs/common';
import { problem, type Command, type Query } from '@slipway/contracts';
import { inSpan, ServiceLogger, SpanKind, failpoint } from '@slipway/runtime';
import { randomUUID } from 'node:crypto';

import { Broker } from '../broker/broker.js';
import { CONCURRENCY, MESSAGING_OPTIONS, type MessagingOptions } from '../messaging-options.js';
import { internalProblem, Refusal } from '../refusal.js';
import { Sealing } from '../sealing/sealing.js';
import { toHeaders } from '../wire/headers.js';
import { PAYLOAD_HEADROOM_BYTES, type Reply } from '../wire/reply.js';
import { COMMAND_TIMEOUT_MS, envelopeOf, QUERY_TIMEOUT_MS, type Call } from './call.js';
import { LiveSubscription, type LiveMessage, type LiveOptions } from './live-subscription.js';
import { NobodyListens, NoReplyInTime, ReplyInbox } from './reply-inbox.js';

const RETRY_AFTER_MS = 2_000;
const OVERLOAD_RETRY_MS = 1_000;
/** As many as one replica of a service has at work. More would only wait there, until all of them are late and none is done in time. */
const MAX_WAITING_COMMANDS = CONCURRENCY.commands;

@Injectable()
export class Bus {
  private readonly replies: ReplyInbox;
  /** How many commands wait for their answer, by the service that owns them. */
  private readonly waiting = new Map<string, number>();

  constructor(
    private readonly broker: Broker,
    private readonly sealing: Sealing,
    private readonly logger: ServiceLogger,
    @Inject(MESSAGING_OPTIONS) options: MessagingOptions,
  ) {
    this.replies = new ReplyInbox(broker, options.service);
  }

  /** Whether the broker is reachable, as far as the connection knows. */
  get connected(): boolean {
    return this.broker.connected;
  }

  /**
   * Sends a command and waits for its answer, which comes after the commit. `replayed`: the answer was recorded by an earlier call
   * under the same operation id.
   * @throws Refusal with the owner's problem; `unavailable` at once when the broker is away, or when 64 commands to this service wait for
   * their answers already; `unavailable`, code `timeout`, when no answer came in time: then it is not done, or done and visible under the
   * operation id
   */
  execute<I extends object, O extends object | void>(
    command: Command<I, O>,
    input: I,
    call: Call,
  ): Promise<{ output: O; replayed: boolean }> {
    return inSpan(`${command.subject} publish`, { kind: SpanKind.PRODUCER }, async () => {
      this.broker.assertConnected();
      const { service } = command;
      const waiting = this.waiting.get(service) ?? 0;
      if (waiting >= MAX_WAITING_COMMANDS) throw tooMany(service);
      const timeoutMs = call.timeoutMs ?? COMMAND_TIMEOUT_MS;
      if (timeoutMs <= 0)
        throw unavailable(`There was no time left to ask ${service}, so nothing was done.`, 'timeout');
      const token = randomUUID();
      const envelope = envelopeOf(call, timeoutMs, this.replies.replyTo(token));
      const body = this.encode(command, input);
      const answer = this.replies.expect(token, timeoutMs);
      this.waiting.set(service, waiting + 1);
      const sent = this.broker.jetstream.publish(command.subject, body, {
        headers: toHeaders(envelope),
        timeout: timeoutMs,
      });
      try {
        // The answer may overtake the broker's own confirmation; what fails first ends the wait.
        const reply = await this.broker.whileConnected(Promise.race([answer, this.afterPubAck(sent, answer)]));
        return { output: accept(reply) as O, replayed: reply.replayed === true };
      } catch (error) {
        throw this.refusalOf(error, command.subject);
      } finally {
        this.replies.forget(token);
        this.waiting.set(service, (this.waiting.get(service) ?? 1) - 1);
      }
    });
  }

  private async afterPubAck<T>(sent: Promise<unknown>, answer: Promise<T>): Promise<T> {
    await sent;
    await failpoint('gateway.after-puback');
    return answer;
  }

  /**
   * Asks a query.
   * @throws Refusal with the owner's problem; `unavailable` at once when the broker is away or nobody answers this subject;
   * `unavailable`, code `timeout`, when no answer came in time
   */
  query<I extends object, O extends object>(query: Query<I, O>, input: I, call: Call): Promise<O> {
    return inSpan(`${query.subject} publish`, { kind: SpanKind.CLIENT }, async () => {
      this.broker.assertConnected();
      const timeoutMs = call.timeoutMs ?? QUERY_TIMEOUT_MS;
      const token = randomUUID();
      const body = this.encode(query, input);
      const reply = this.replies.replyTo(token);
      const answer = this.replies.expect(token, timeoutMs);
      try {
        const headers = toHeaders(envelopeOf(call, timeoutMs));
        this.broker.connection.publish(query.subject, body, { headers, reply });
        return accept(await this.broker.whileConnected(answer)) as O;
      } catch (error) {
        throw this.refusalOf(error, query.subject);
      } finally {
        this.replies.forget(token);
      }
    });
  }

  /** Publishes to a live subject, to whoever listens now. Dropped while the broker is away. */
  emit(subject: string, payload: object): void {
    if (!this.broker.connected) return;
    this.broker.connection.publish(subject, JSON.stringify(payload));
  }

  /**
   * Listens to a live subject, wildcards allowed. Messages wait in memory for `onMessage`, at most `maxPending` (1000): a slow reader
   * loses the newest and is told how many. Also reads events as they pass, without a durable consumer. Survives reconnects.
   */
  subscribe(
    subject: string,
    onMessage: (message: LiveMessage) => void | Promise<void>,
    options: LiveOptions = {},
  ): LiveSubscription {
    return new LiveSubscription(this.broker.connection, subject, onMessage, options, this.logger);
  }

  private encode(operation: Command<object, object | void> | Query<object, object>, input: object): string {
    const body = JSON.stringify(this.sealing.seal(operation, input));
    const limit = this.broker.maxPayload - PAYLOAD_HEADROOM_BYTES;
    const bytes = Buffer.byteLength(body);
    if (bytes <= limit) return body;
    throw new Refusal(
      problem.invalid(
        'request',
        `The request has ${bytes} bytes, more than the ${limit} that one message may have. Send less at once.`,
        {
          code: 'too_large',
          facts: { limit },
        },
      ),
    );
  }

  private refusalOf(error: unknown, subject: string): Refusal {
    if (error instanceof Refusal) return error;
    const owner = subject.split('.')[1] ?? subject;
    if (error instanceof NoReplyInTime || error instanceof TimeoutError) {
      return unavailable(
        `${owner} did not answer in time. A change is either not made or visible when asked again.`,
        'timeout',
      );
    }
    if (error instanceof NobodyListens) return unavailable(`${owner} is not running at the moment.`);
    if (error instanceof SyntaxError || error instanceof TypeError) {
      const incident = randomUUID();
      this.logger.error('an answer could not be read', { err: error, subject, incident });
      return new Refusal(internalProblem(incident));
    }
    if (error instanceof Error && error.name === 'JetStreamNotEnabled') {
      return unavailable('The message broker has no stream for commands, so nothing was done: provision has not run.');
    }
    this.logger.warn('a message could not be sent', { err: error, subject });
    return error instanceof JetStreamApiError
      ? unavailable(`The message broker takes no more messages for ${owner} at the moment, so nothing was done.`)
      : unavailable('The message broker cannot be reached.');
  }
}

function accept(reply: Reply): unknown {
  if (reply.ok) return reply.output;
  throw new Refusal(reply.problem, { replayed: reply.replayed });
}

function tooMany(service: string): Refusal {
  const text = `${service} has as many changes to make as it can at once, so nothing was done. Try again in a moment.`;
  return new Refusal(problem.unavailable('service', text, { retryAfterMs: OVERLOAD_RETRY_MS }));
}

function unavailable(text: string, code?: 'timeout'): Refusal {
  return new Refusal(
    problem.unavailable('service', `${text} Try again in a moment.`, {
      ...(code && { code }),
      retryAfterMs: RETRY_AFTER_MS,
    }),
  );
}
