import type { Dialect, Problem } from '@slipway/contracts';

import type { Caller, HttpCall } from './http-call.js';

/** An answer ready to be sent. A body is sent as JSON unless it is a string, which is sent as it is. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object | string;
}

/** What the core asks of a dialect: all that differs between them but their routes. */
export interface DialectEdge {
  readonly name: Dialect;
  /** Whether HEAD is answered wherever GET is. */
  readonly headFollowsGet: boolean;
  /** Whether pages of listed origins may call it: CORS headers, and an answer to preflights. */
  readonly crossOrigin: boolean;
  /** Whether browsers send its credential by themselves: then a change has to come from a page of ours, or from no page. */
  readonly cookies: boolean;
  /** Who asks. Throws the dialect's own error when the credential is missing or does not hold. */
  authenticate(call: HttpCall): Promise<Caller>;
  /** Words a problem, whoever found it. */
  renderProblem(problem: Problem, call: HttpCall): Answer;
  /** Words an error of the dialect's own; undefined for any other. */
  renderOwn(error: unknown, call: HttpCall): Answer | undefined;
  /** Words a path that is unknown (no methods) or has only other methods than the one asked for. */
  renderUnrouted(methods: readonly string[]): Answer;
  /** Words what is no HTTP request at all: nothing is known of it but the status. */
  renderUnreadable(status: 400 | 408 | 431): Answer;
}

/** The injection token of the dialects that are built in, as a list. */
export const DIALECTS: unique symbol = Symbol('slipway.dialects');
