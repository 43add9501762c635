import { Injectable } from '@nestjs/common';
import { Dialect, type Problem } from '@slipway/contracts';

import { Authentication } from '../../core/authentication.js';
import type { Answer, DialectEdge } from '../../core/dialect-edge.js';
import type { Caller, HttpCall } from '../../core/http-call.js';
import { BodyTooLargeError } from '../../core/read-body.js';
import { Failure, failure, failureOf } from './errors.js';
import { authenticate } from './session.js';

@Injectable()
export class PorterEdge implements DialectEdge {
  readonly name = Dialect.porter;
  readonly headFollowsGet = false;
  readonly crossOrigin = false;
  readonly cookies = true;

  constructor(private readonly authentication: Authentication) {}

  authenticate(call: HttpCall): Promise<Caller> {
    return authenticate(call, this.authentication);
  }

  renderProblem(problem: Problem, call: HttpCall): Answer {
    const { answer } = failureOf(problem, `${call.method} ${call.route}`);
    return call.replayed ? { ...answer, headers: { ...answer.headers, 'Idempotency-Replayed': 'true' } } : answer;
  }

  renderOwn(error: unknown): Answer | undefined {
    if (error instanceof Failure) return error.answer;
    return error instanceof BodyTooLargeError ? failure.tooLarge('1 MiB').answer : undefined;
  }

  renderUnrouted(methods: readonly string[]): Answer {
    return (methods.length > 0 ? failure.methodNotAllowed(methods) : failure.noSuchPath()).answer;
  }

  renderUnreadable(status: 400 | 408 | 431): Answer {
    return { ...failure.undecodable().answer, status };
  }
}
