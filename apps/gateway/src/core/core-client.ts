import { Injectable } from '@nestjs/common';
import type { Command, Query } from '@slipway/contracts';
import { Bus, COMMAND_TIMEOUT_MS, Refusal } from '@slipway/messaging';
import { failpoint } from '@slipway/runtime';

import { GatewayConfig } from '../gateway.config.js';
import type { HttpCall } from './http-call.js';
import { operationIdOf, requestHashOf } from './idempotency.js';

export interface AskOptions {
  /** How long to wait, in milliseconds: for a command since the request came. Default: the bus's, 10 s for a command and 5 s for a query. */
  readonly timeoutMs?: number;
}

/** Asks the services on behalf of an HTTP request: its actor, its dialect, its id and its Idempotency-Key go along. */
@Injectable()
export class CoreClient {
  constructor(
    private readonly bus: Bus,
    private readonly config: GatewayConfig,
  ) {}

  /**
   * One command a request: the Idempotency-Key names the request's one effect. What the request has waited for before, such as for the word
   * on its credential, is taken off the command's time: a client that is told nothing in time knows when the change is settled.
   * @throws Refusal
   */
  async execute<I extends object, O extends object | void>(
    call: HttpCall,
    command: Command<I, O>,
    input: I,
    { timeoutMs = COMMAND_TIMEOUT_MS }: AskOptions = {},
  ): Promise<O> {
    await failpoint('gateway.before-publish');
    const { output, replayed } = await this.bus.execute(command, input, {
      ...about(call),
      ...this.idempotency(call),
      timeoutMs: timeoutMs - call.ageMs,
    });
    if (replayed) call.replayed = true;
    await failpoint('gateway.after-reply-before-response');
    return output;
  }

  /** @throws Refusal */
  query<I extends object, O extends object>(
    call: HttpCall,
    query: Query<I, O>,
    input: I,
    options: AskOptions = {},
  ): Promise<O> {
    return this.bus.query(query, input, { ...about(call), ...options });
  }

  private idempotency(call: HttpCall): { operationId?: string; requestHash?: string } {
    const { idempotencyKey: key, caller } = call;
    if (key === undefined || !caller) return {};
    const keyed = {
      userId: caller.actor.userId,
      method: call.method,
      path: call.path,
      query: call.query.toString(),
      body: call.body,
      key,
    };
    return { operationId: operationIdOf(keyed), requestHash: requestHashOf(keyed, this.config.requestHashSecret) };
  }
}

function about(call: HttpCall) {
  return { actor: call.caller?.actor, dialect: call.dialect.name, correlationId: call.id };
}

/** Whether an answer is missing because its owner is away or late, not because it refused. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof Refusal && error.problem.kind === 'unavailable';
}
