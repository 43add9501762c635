// Tells apart what will pass (a lock, a lost connection, a full pool) from what is wrong. The only place that reads SQLSTATE codes.
import { Refusal, Transient } from '@slipway/messaging';
import { QueryFailedError, QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError } from 'typeorm';

const LOCK_NOT_AVAILABLE = '55P03';
const UNIQUE_VIOLATION = '23505';
/** feature_not_supported; of a prepared statement: a migration has changed what it answers. */
const STALE_PLAN = '0A000';

// serialization_failure, deadlock_detected, query_canceled (statement_timeout), read_only_sql_transaction (a standby, or an operator who
// allows no writes), idle_in_transaction_session_timeout, transaction_timeout, admin_shutdown, crash_shutdown, cannot_connect_now, database_dropped is not among them.
const PASSING_STATES = new Set([
  '40001',
  '40P01',
  '57014',
  '25006',
  '25P03',
  '25P04',
  '57P01',
  '57P02',
  '57P03',
  LOCK_NOT_AVAILABLE,
  STALE_PLAN,
]);
// connection exceptions, insufficient resources (connections, disk, memory), errors outside of PostgreSQL
const PASSING_CLASSES = new Set(['08', '53', '58']);

const PASSING_SYSTEM_ERRORS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

// pg and pg-pool have no code for these.
const PASSING_TEXTS =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Driver not Connected|pool after calling end/i;

// TypeORM's, when the connection broke inside a transaction: which one depends on what was asked of it next.
const RELEASED = [QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError];

/** The SQLSTATE or system error code of an error of TypeORM, pg or the socket. */
export function errorCodeOf(error: unknown): string | undefined {
  const source: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (typeof source !== 'object' || source === null) return undefined;
  const code: unknown = Reflect.get(source, 'code');
  if (typeof code === 'string') return code;
  // A host with several addresses fails with one error for each.
  return source instanceof AggregateError ? errorCodeOf(source.errors[0]) : undefined;
}

export function isLockTimeout(error: unknown): boolean {
  return errorCodeOf(error) === LOCK_NOT_AVAILABLE;
}

/** Whether a statement was prepared before a migration; a new connection prepares it anew. */
export function isStalePlan(error: unknown): boolean {
  return errorCodeOf(error) === STALE_PLAN;
}

/** Whether a unique constraint was broken; with a name, whether it was that one. For rules that the database checks. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (errorCodeOf(error) !== UNIQUE_VIOLATION || !(error instanceof QueryFailedError)) return false;
  return constraint === undefined || Reflect.get(error.driverError, 'constraint') === constraint;
}

/** Whether the same work may succeed when it is done again. */
export function isPassingFault(error: unknown): boolean {
  const code = errorCodeOf(error);
  if (code !== undefined) {
    if (PASSING_STATES.has(code) || PASSING_SYSTEM_ERRORS.has(code)) return true;
    return code.length === 5 && PASSING_CLASSES.has(code.slice(0, 2));
  }
  if (RELEASED.some((released) => error instanceof released)) return true;
  return error instanceof Error && PASSING_TEXTS.test(error.message);
}

/** What a handler's caller should see: a fault that will pass as Transient, everything else as it is. */
export function toTransient(error: unknown): unknown {
  if (error instanceof Refusal || error instanceof Transient || !isPassingFault(error)) return error;
  return new Transient('The database did not do its work this time.', { cause: error });
}
