import { randomUUID } from 'node:crypto';

import { problem, type Problem } from '@slipway/contracts';
import { RpcException } from '@nestjs/microservices';

/**
 * A handler says no: the caller gets the problem, the message is done. Extends RpcException with an object payload, because Nest
 * turns every other error into a bare "Internal server error".
 */
export class Refusal extends RpcException {
  override readonly name = 'Refusal';
  readonly problem: Problem;
  /** True when a recorded answer was replayed; only known to the caller of `Bus.execute`. */
  readonly replayed: boolean;

  constructor(problem: Problem, options: { replayed?: boolean } = {}) {
    super(problem);
    this.message = problem.text;
    this.problem = problem;
    this.replayed = options.replayed ?? false;
  }
}

/** The fault will pass (a lock, a lost connection): the message is given back and delivered again. `cause` is logged, never sent. */
export class Transient extends RpcException {
  override readonly name = 'Transient';
  override readonly cause: unknown;

  constructor(text: string, options: { cause?: unknown } = {}) {
    super({ message: text });
    this.cause = options.cause;
  }
}

/** The public side of an unknown error. The log has the private side under the same incident id (default: a fresh one). */
export function internalProblem(incident: string = randomUUID()): Problem {
  return problem.internal(
    'request',
    `Something failed inside Slipway. The log tells more under incident ${incident}.`,
    {
      incident,
    },
  );
}
