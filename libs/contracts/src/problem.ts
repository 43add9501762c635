import type { Issue } from './rules.js';

/** The closed list of what can go wrong. A new kind breaks the exhaustive switch of every dialect, on purpose. */
export const ProblemKind = {
  unauthenticated: 'unauthenticated',
  forbidden: 'forbidden',
  notFound: 'not_found',
  alreadyExists: 'already_exists',
  invalid: 'invalid',
  conflict: 'conflict',
  preconditionFailed: 'precondition_failed',
  quotaExceeded: 'quota_exceeded',
  rateLimited: 'rate_limited',
  unavailable: 'unavailable',
  notImplemented: 'not_implemented',
  internal: 'internal',
} as const;
export type ProblemKind = (typeof ProblemKind)[keyof typeof ProblemKind];

/** Tells cases of a kind apart. `key_reused` and `key_running` are those of an Idempotency-Key, `timeout` is an answer that did not come in time. */
export type ProblemCode =
  | 'hidden'
  | 'name'
  | 'deleting'
  | 'namespace_taken'
  | 'workload_name_taken'
  | 'not_containers'
  | 'not_scalable'
  | 'stopped'
  | 'not_empty'
  | 'in_use'
  | 'last_team'
  | 'last_member'
  | 'sole_owner'
  | 'no_host'
  | 'no_port'
  | 'domain_taken'
  | 'declared_in_file'
  | 'revision_current'
  | 'lost_race'
  | 'outstanding'
  | 'read_only'
  | 'environment'
  | 'admin_only'
  | 'registration_closed'
  | 'unknown_email'
  | 'wrong_password'
  | 'account_deleted'
  | 'kubeconfig'
  | 'cluster_context'
  | 'reset_token'
  | 'key_reused'
  | 'key_running'
  | 'too_large'
  | 'timeout'
  | 'cluster_unreachable'
  | 'cluster_refused'
  | 'undecodable'
  | 'rollback_failed';

export type Noun =
  | 'user'
  | 'credential'
  | 'api_key'
  | 'cluster_context'
  | 'release'
  | 'team'
  | 'environment'
  | 'app'
  | 'container'
  | 'revision'
  | 'domain'
  | 'pod'
  | 'log_line'
  | 'subscription'
  | 'delivery'
  | 'feed_event'
  | 'request'
  | 'service';

/** A refusal as data: what crosses the wire. The private cause is never part of it; it is logged once, where it happened. */
export interface Problem {
  readonly kind: ProblemKind;
  readonly noun: Noun;
  readonly code?: ProblemCode;
  /** Public: what was asked, what is wrong, what to do. */
  readonly text: string;
  readonly issues?: readonly Issue[];
  /** Facts a dialect may word by itself: names in conflict, the current version, a limit. */
  readonly facts?: Readonly<Record<string, string | number | readonly string[]>>;
  /** For `unavailable` and `rate_limited`. */
  readonly retryAfterMs?: number;
  /** For `internal`: finds the line in the log. */
  readonly incident?: string;
}

type More = Omit<Problem, 'kind' | 'noun' | 'text'>;

/** `problem.notFound('app', 'There is no app …')`: one maker a kind. */
export const problem = Object.fromEntries(
  Object.entries(ProblemKind).map(([name, kind]) => [
    name,
    (noun: Noun, text: string, more: More = {}): Problem => ({ kind, noun, text, ...more }),
  ]),
) as Record<keyof typeof ProblemKind, (noun: Noun, text: string, more?: More) => Problem>;
