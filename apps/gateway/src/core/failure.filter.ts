import { randomUUID } from 'node:crypto';

import { Catch, HttpException, HttpStatus, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { problem } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import { ServiceLogger } from '@slipway/runtime';

import type { Answer } from './dialect-edge.js';
import { callOf, type HttpCall } from './http-call.js';
import { ClientGoneError } from './read-body.js';
import { sendAnswer } from './send-answer.js';

/** Lets the dialect word whatever went wrong. What nobody expected is logged here, once, and told by its incident id alone. */
@Catch()
export class FailureFilter implements ExceptionFilter {
  constructor(private readonly logger: ServiceLogger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    this.answer(error, callOf(host.switchToHttp().getRequest<object>()));
  }

  answer(error: unknown, call: HttpCall): void {
    if (call.reply.sent || error instanceof ClientGoneError) return;
    sendAnswer(call.reply, this.word(error, call));
  }

  private word(error: unknown, call: HttpCall): Answer {
    if (error instanceof Refusal) {
      if (error.replayed) call.replayed = true;
      return call.dialect.renderProblem(error.problem, call);
    }
    const own = call.dialect.renderOwn(error, call);
    if (own) return own;
    // Nest's word for a file that is not among those of /docs, or would not lie below them.
    if (error instanceof HttpException && error.getStatus() < Number(HttpStatus.INTERNAL_SERVER_ERROR))
      return call.dialect.renderUnrouted([]);
    const incident = randomUUID();
    this.logger.error('a request failed', { err: error, incident, method: call.method, route: call.route });
    return call.dialect.renderProblem(
      problem.internal('request', 'Something failed inside Slipway.', { incident }),
      call,
    );
  }
}
