import { Injectable } from '@nestjs/common';
import { Dialect, type Problem } from '@slipway/contracts';

import { Authentication } from '../../core/authentication.js';
import type { Answer, DialectEdge } from '../../core/dialect-edge.js';
import type { Caller, HttpCall } from '../../core/http-call.js';
import { BodyTooLargeError } from '../../core/read-body.js';
import { GatewayConfig } from '../../gateway.config.js';
import { authenticate } from './auth.js';
import { Failure, failure, failureOf, renderFailure } from './errors.js';

@Injectable()
export class ContainerEngineEdge implements DialectEdge {
  readonly name = Dialect.containerEngine;
  readonly headFollowsGet = true;
  readonly crossOrigin = true;
  readonly cookies = false;

  constructor(
    private readonly authentication: Authentication,
    private readonly config: GatewayConfig,
  ) {}

  authenticate(call: HttpCall): Promise<Caller> {
    return authenticate(call, this.authentication, this.config.apiKeyPrefix);
  }

  renderProblem(problem: Problem, call: HttpCall): Answer {
    const wording = { endpoint: `${call.method} ${call.route}`, hideUnknownUsers: this.config.loginHideUnknownUsers };
    const answer = renderFailure(failureOf(problem, wording));
    return call.replayed ? { ...answer, headers: { ...answer.headers, 'Idempotency-Replayed': 'true' } } : answer;
  }

  renderOwn(error: unknown): Answer | undefined {
    if (error instanceof Failure) return renderFailure(error);
    return error instanceof BodyTooLargeError ? renderFailure(failure.payloadTooLarge()) : undefined;
  }

  renderUnrouted(methods: readonly string[]): Answer {
    return renderFailure(methods.length > 0 ? failure.methodNotAllowed(methods) : failure.noSuchRoute());
  }

  renderUnreadable(status: 400 | 408 | 431): Answer {
    const message = {
      400: 'Malformed HTTP request',
      408: 'Request was not sent in time',
      431: 'Headers are too large',
    };
    return renderFailure(new Failure(status, 'BAD_REQUEST', message[status]));
  }
}
