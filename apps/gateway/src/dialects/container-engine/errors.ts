// Problem → status, headers and body of this dialect. Every failure is {"error":{"code","message","details"}}, details a string.
import type { Noun, Problem } from '@slipway/contracts';

import type { Answer } from '../../core/dialect-edge.js';
import { detailsOf, wordIssue, type FieldIssue } from './rule-texts.js';

export type ErrorCode =
  | 'AUTHENTICATION_ERROR'
  | 'INVALID_TOKEN'
  | 'NOT_FOUND'
  | 'BAD_REQUEST'
  | 'FORBIDDEN'
  | 'QUOTA_EXCEEDED'
  | 'CONFLICT'
  | 'PRECONDITION_FAILED'
  | 'UNPROCESSABLE_ENTITY'
  | 'VALIDATION_ERROR'
  | 'METHOD_NOT_ALLOWED'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'RATE_LIMITED'
  | 'SERVICE_UNAVAILABLE'
  | 'TIMEOUT'
  | 'INTERNAL_ERROR'
  | 'NOT_IMPLEMENTED';

/** A refusal that this dialect found by itself, before the core was asked. */
export class Failure extends Error {
  override readonly name = 'Failure';

  constructor(
    readonly status: number,
    readonly code: ErrorCode,
    message: string,
    readonly details = '',
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

const CHALLENGE = { 'WWW-Authenticate': 'Bearer' };

export const failure = {
  badRequest: (message: string, details = '') => new Failure(400, 'BAD_REQUEST', message, details),
  invalidId: (parameter: string) => new Failure(400, 'BAD_REQUEST', 'Invalid id', `${parameter}: must be a UUID`),
  invalidQuery: (details: string) => new Failure(400, 'BAD_REQUEST', 'Invalid query parameter', details),
  invalidHeader: (details: string) => new Failure(400, 'BAD_REQUEST', 'Invalid header', details),
  validation: (issues: readonly FieldIssue[]) =>
    new Failure(400, 'VALIDATION_ERROR', 'Validation failed', detailsOf(issues)),
  unprocessable: (message: string, details = '') => new Failure(422, 'UNPROCESSABLE_ENTITY', message, details),
  authentication: (message: string) => new Failure(401, 'AUTHENTICATION_ERROR', message, '', CHALLENGE),
  invalidToken: () => new Failure(401, 'INVALID_TOKEN', 'Invalid token', '', CHALLENGE),
  unsupportedMediaType: () => new Failure(415, 'UNSUPPORTED_MEDIA_TYPE', 'Content-Type must be application/json'),
  payloadTooLarge: () => new Failure(413, 'PAYLOAD_TOO_LARGE', 'Body is larger than 1 MiB'),
  upgradeRequired: () => new Failure(400, 'BAD_REQUEST', 'WebSocket upgrade required'),
  noSuchRoute: () => new Failure(404, 'NOT_FOUND', 'No such route'),
  methodNotAllowed: (methods: readonly string[]) =>
    new Failure(405, 'METHOD_NOT_ALLOWED', 'Method not allowed', '', { Allow: methods.join(', ') }),
};

export function renderFailure({ status, code, message, details, headers }: Failure): Answer {
  return { status, headers, body: { error: { code, message, details } } };
}

/** What decides how a problem is worded, beside the problem itself. */
export interface Wording {
  /** Method and pattern, such as `PUT /v1/user/profile`. */
  readonly endpoint: string;
  /** LOGIN_HIDE_UNKNOWN_USERS */
  readonly hideUnknownUsers: boolean;
}

/** @throws never; every kind has its answer, and a new kind breaks this switch at compile time. */
export function failureOf(problem: Problem, wording: Wording): Failure {
  switch (problem.kind) {
    case 'unauthenticated':
      return failure.invalidToken();
    case 'forbidden':
      return new Failure(403, 'FORBIDDEN', forbiddenMessage(problem));
    case 'not_found':
      return new Failure(404, 'NOT_FOUND', notFoundMessage(problem, wording));
    case 'already_exists':
      return alreadyExists(problem, wording);
    case 'invalid':
      return invalid(problem, wording);
    case 'conflict':
      return conflict(problem);
    case 'precondition_failed':
      return preconditionFailed(problem);
    case 'quota_exceeded':
      return new Failure(403, 'QUOTA_EXCEEDED', problem.text);
    case 'rate_limited':
      return new Failure(429, 'RATE_LIMITED', 'Too many requests', '', retryAfter(problem, 1));
    case 'unavailable':
      return unavailable(problem);
    case 'not_implemented':
      return new Failure(501, 'NOT_IMPLEMENTED', 'Not implemented');
    case 'internal':
      return new Failure(500, 'INTERNAL_ERROR', 'Internal server error', `incident ${problem.incident ?? 'unknown'}`);
  }
}

const NOUNS: Readonly<Record<Noun, string>> = {
  user: 'User',
  credential: 'API key',
  api_key: 'API key',
  cluster_context: 'Cluster context',
  release: 'Release',
  team: 'Team',
  environment: 'Environment',
  app: 'Deployment',
  container: 'Container',
  revision: 'Revision',
  domain: 'Domain',
  pod: 'Pod',
  log_line: 'Log line',
  subscription: 'Webhook',
  delivery: 'Delivery',
  feed_event: 'Notification',
  request: 'Route',
  service: 'Service',
};

function notFoundMessage({ noun }: Problem, { endpoint }: Wording): string {
  // The original tests active webhooks only and says the same of those that are not there.
  const active = noun === 'subscription' && endpoint === 'POST /v1/webhooks/:webhookId/test';
  return active ? 'Active webhook not found' : `${NOUNS[noun]} not found`;
}

function forbiddenMessage(problem: Problem): string {
  if (problem.code === 'read_only') return 'API key is read-only';
  if (problem.code === 'registration_closed') return 'Registration is closed';
  return problem.text;
}

function alreadyExists(problem: Problem, { endpoint }: Wording): Failure {
  const taken = [problem.facts?.fields ?? []].flat().map(String);
  switch (problem.noun) {
    case 'user':
      if (endpoint === 'POST /v1/auth/register') {
        return new Failure(409, 'CONFLICT', 'User with this email or username already exists', taken.join(', '));
      }
      return new Failure(
        409,
        'CONFLICT',
        `${taken.includes('email') && !taken.includes('username') ? 'Email' : 'Username'} already exists`,
      );
    case 'app':
      return new Failure(409, 'CONFLICT', 'App name already exists', String(problem.facts?.name ?? ''));
    case 'subscription':
      return new Failure(409, 'CONFLICT', 'Webhook name already exists', String(problem.facts?.name ?? ''));
    default:
      return new Failure(409, 'CONFLICT', `${NOUNS[problem.noun]} already exists`);
  }
}

function invalid(problem: Problem, { endpoint, hideUnknownUsers }: Wording): Failure {
  const rules = new Set<string>(
    [problem.code, ...(problem.issues ?? []).map(({ rule }) => rule)].filter((rule) => rule !== undefined),
  );
  if (rules.has('unknown_email') && !hideUnknownUsers) return new Failure(404, 'NOT_FOUND', 'User not found');
  if (rules.has('wrong_password') && endpoint === 'PUT /v1/user/password') {
    return failure.authentication('Current password is incorrect');
  }
  if (rules.has('unknown_email') || rules.has('wrong_password')) return failure.authentication('Invalid credentials');
  if (rules.has('reset_token')) {
    return failure.badRequest('Invalid or expired reset token', String(problem.facts?.state ?? ''));
  }
  if (problem.code === 'key_reused') return failure.unprocessable('Idempotency-Key was used with another request');
  // A question has no body: its answer is meant.
  if (problem.code === 'too_large' && endpoint.startsWith('GET ')) {
    return new Failure(413, 'PAYLOAD_TOO_LARGE', 'Answer is too large', problem.text);
  }
  if (problem.code === 'too_large') return failure.payloadTooLarge();
  // Its form has been judged before the core was asked, so what is left is the address filter's refusal.
  if (rules.has('url') && endpoint.includes('/v1/webhooks')) return failure.badRequest('Webhook URL is not allowed');
  if (rules.has('accessible')) return failure.unprocessable('Image or registry not accessible', problem.text);
  if (problem.noun === 'domain') return failure.badRequest(domainMessage(rules));
  const issues = (problem.issues ?? []).map(wordIssue).map(inTheWordsOfBodies(problem));
  const shapes = issues.filter(({ kind }) => kind === 'shape');
  if (shapes.length > 0) return failure.unprocessable('Invalid request body', detailsOf(shapes));
  if (issues.length === 0) return new Failure(400, 'VALIDATION_ERROR', 'Validation failed', problem.text);
  return failure.validation(issues);
}

function domainMessage(rules: ReadonlySet<string>): string {
  if (rules.has('length')) return 'Invalid domain length';
  if (rules.has('reserved')) return 'Cannot use reserved domain';
  return rules.has('two_labels') ? 'Domain must have at least 2 labels' : 'Domain contains invalid characters';
}

/** What the core judges together with what it keeps, as bodies call it. */
const NAMES_IN_BODIES: readonly (readonly [RegExp, string])[] = [
  [/^containers\.\d+\.variables/, 'env_vars'],
  [/^containers\.\d+\.ports\.\d+\.external$/, 'port'],
  [/^expiresAt$/, 'expires_at'],
];

function inTheWordsOfBodies({ noun }: Problem): (issue: FieldIssue) => FieldIssue {
  const names = noun === 'app' ? [...NAMES_IN_BODIES, [/^name$/, 'app_name'] as const] : NAMES_IN_BODIES;
  return (issue) => ({ ...issue, path: names.reduce((path, [is, name]) => path.replace(is, name), issue.path) });
}

function conflict(problem: Problem): Failure {
  switch (problem.code) {
    case 'revision_current': {
      const revision = problem.facts?.revision;
      const message =
        revision === undefined ? 'No earlier revision' : `Revision ${String(revision)} is already current`;
      return new Failure(409, 'CONFLICT', message);
    }
    case 'deleting':
      return new Failure(404, 'NOT_FOUND', `${NOUNS[problem.noun]} not found`);
    case 'key_running':
      return new Failure(409, 'CONFLICT', 'A request with this Idempotency-Key is still running', '', {
        'Retry-After': '1',
      });
    case 'not_containers':
      return new Failure(409, 'CONFLICT', 'Deployment is not described by an image');
    case 'not_scalable':
      return new Failure(409, 'CONFLICT', 'Deployment has no single scalable workload');
    case 'no_port':
      return new Failure(409, 'CONFLICT', 'Deployment has no tcp port');
    case 'domain_taken':
      return new Failure(409, 'CONFLICT', 'Domain already exists');
    case 'stopped':
      return new Failure(409, 'CONFLICT', 'Deployment is stopped');
    default:
      return new Failure(409, 'CONFLICT', problem.text);
  }
}

function unavailable(problem: Problem): Failure {
  if (problem.code === 'timeout') return new Failure(504, 'TIMEOUT', 'No answer in time', problem.text);
  const message = problem.code === 'cluster_unreachable' ? 'Cluster is not reachable' : 'Service unavailable';
  return new Failure(503, 'SERVICE_UNAVAILABLE', message, problem.text, retryAfter(problem, 2));
}

function preconditionFailed(problem: Problem): Failure {
  const message = problem.noun === 'app' ? 'The deployment has changed' : problem.text;
  return new Failure(412, 'PRECONDITION_FAILED', message, currentTag(problem));
}

function currentTag(problem: Problem): string {
  const version = problem.facts?.version;
  return version === undefined ? '' : `current ETag is "${String(version)}"`;
}

function retryAfter(problem: Problem, defaultSeconds: number): Record<string, string> {
  const seconds =
    problem.retryAfterMs === undefined ? defaultSeconds : Math.max(1, Math.ceil(problem.retryAfterMs / 1000));
  return { 'Retry-After': String(seconds) };
}
