// Problem → status, headers and body of this dialect: {"code": <int>, "errors": [<string>, …]}, or the original's plain text.
import type { Problem } from '@slipway/contracts';

import type { Answer } from '../../core/dialect-edge.js';

/** The original's spelling, harmless to parsers. */
export const JSON_TYPE = 'application/json;charset=utf8';
const TEXT_TYPE = 'text/plain; charset=utf-8';

/** An answer that this dialect has for what went wrong. */
export class Failure extends Error {
  override readonly name = 'Failure';

  constructor(readonly answer: Answer) {
    super(`answered ${answer.status}`);
  }
}

export type Tag = 'required' | 'max' | 'email' | 'oneof' | 'context' | 'quota' | 'idempotency-key';

const UNDECODABLE = 'could not process request';

export const failure = {
  forbidden: () => text(403, 'Forbidden\n'),
  noSuchPath: () => text(404, '404 page not found\n'),
  methodNotAllowed: (methods: readonly string[]) =>
    new Failure({ status: 405, headers: { 'content-type': JSON_TYPE, Allow: methods.join(', ') }, body: '' }),
  undecodable: (...reason: string[]) => json(400, 600, [UNDECODABLE, ...reason]),
  /** One tag for each field that is wrong. */
  fields: (tags: readonly Tag[]) =>
    json(
      422,
      601,
      tags.map((tag) => `${tag} validation failed`),
    ),
  tooLarge: (limit: string) => json(413, 413, [UNDECODABLE, `the request is larger than ${limit}`]),
  accountGone: () => json(404, 602, ['could not find requested object']),
  notImplemented: () => json(501, 501, ['not implemented']),
};

function text(status: number, body: string): Failure {
  return new Failure({ status, headers: { 'content-type': TEXT_TYPE }, body });
}

function json(
  status: number,
  code: number,
  errors: readonly string[],
  headers: Readonly<Record<string, string>> = {},
): Failure {
  return new Failure({ status, headers: { 'content-type': JSON_TYPE, ...headers }, body: { code, errors } });
}

/**
 * @param endpoint method and pattern, such as `POST /api/login`
 * @throws never; every kind has its answer, and a new kind breaks this switch at compile time
 */
export function failureOf(problem: Problem, endpoint: string): Failure {
  if (ROLLBACK.test(endpoint) && LATER.has(problem.kind) && problem.code !== 'key_running')
    return json(500, 603, [`error rolling back release ${problem.text}`]);
  switch (problem.kind) {
    case 'unauthenticated':
    case 'forbidden':
      return failure.forbidden();
    case 'not_found':
      return problem.noun === 'release' ? json(404, 602, ['release not found']) : failure.accountGone();
    case 'already_exists':
      return json(422, 601, ['email already taken']);
    case 'invalid':
      return invalid(problem, endpoint);
    case 'conflict':
    case 'precondition_failed':
      return json(409, 409, [problem.text], problem.code === 'key_running' ? { 'Retry-After': '1' } : {});
    case 'quota_exceeded':
      return failure.fields(['quota']);
    case 'rate_limited':
      return json(429, 429, ['too many attempts'], retryAfter(problem, 1));
    case 'unavailable':
      return unavailable(problem, endpoint);
    case 'not_implemented':
      return failure.notImplemented();
    case 'internal':
      return json(500, 500, ['internal server error']);
  }
}

const ROLLBACK = /^POST \/api\/(?:charts|releases)\/.*rollback/;
/** What goes wrong once it is clear whose release is meant. */
const LATER: ReadonlySet<Problem['kind']> = new Set(['conflict', 'precondition_failed', 'unavailable', 'internal']);

const LOGIN = 'POST /api/login';

function invalid(problem: Problem, endpoint: string): Failure {
  const { code, noun, issues = [] } = problem;
  const isOf = (path: string): boolean => issues.some((issue) => issue.path === path);
  if (code === 'kubeconfig') return failure.undecodable(problem.text);
  if (code === 'cluster_context') return json(422, 601, ['context validation failed', problem.text]);
  if (code === 'key_reused') return failure.fields(['idempotency-key']);
  if (code === 'too_large') return json(413, 413, [UNDECODABLE, problem.text]);
  if (endpoint === LOGIN) {
    // What nobody can have registered with is registered by nobody.
    const unknown = code === 'unknown_email' || isOf('email');
    return json(401, 401, [unknown ? 'email not registered' : 'incorrect password']);
  }
  if (code === 'wrong_password') return json(400, 601, ['invalid password']);
  if (isOf('rawKubeConfig')) return failure.undecodable('the kubeconfig holds characters that no text may have');
  return issues.length > 0
    ? failure.fields(issues.map(({ rule }) => TAGS[rule] ?? 'max'))
    : json(422, 601, [`${noun} validation failed`, problem.text]);
}

const TAGS: Readonly<Partial<Record<string, Tag>>> = { required: 'required', email: 'email', one_of: 'oneof' };

const READING = new Set(['POST /api/users', LOGIN]);

/** A change says that it could not be written; register and login look something up first. */
function unavailable(problem: Problem, endpoint: string): Failure {
  const reads = endpoint.startsWith('GET ') || READING.has(endpoint);
  const reason = problem.noun === 'cluster_context' || problem.noun === 'release' ? [problem.text] : [];
  const what = reads ? 'could not read from database' : 'could not write to database';
  return json(500, 500, [what, ...reason], retryAfter(problem, 2));
}

function retryAfter({ retryAfterMs }: Problem, defaultSeconds: number): Record<string, string> {
  const seconds = retryAfterMs === undefined ? defaultSeconds : Math.max(1, Math.ceil(retryAfterMs / 1_000));
  return { 'Retry-After': String(seconds) };
}
