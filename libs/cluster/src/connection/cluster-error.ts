// Owns the closed list of what can go wrong at a cluster, so that callers decide by kind and never by the text of a message.
import { AddressRefusedError } from '@slipway/outbound';

export type ClusterErrorKind =
  /** No connection, no answer in time, or an untrusted certificate. */
  | 'unreachable'
  /** Status 401 (the credentials are not accepted) or 403 (they do not suffice). */
  | 'forbidden'
  | 'not_found'
  /** Changed or created by somebody else meanwhile, or another field manager owns a field and `force` was off. */
  | 'conflict'
  /** The cluster will never accept this object or request. */
  | 'invalid'
  | 'exceeded_quota'
  /** The resourceVersion or the page is too old: list again. */
  | 'gone'
  /** The namespace, or an object of the same name, is being deleted. */
  | 'terminating'
  /** The cluster answered that it cannot now, or answered nonsense. */
  | 'unavailable';

export interface ClusterErrorFacts {
  readonly kind: ClusterErrorKind;
  /** The HTTP status, 0 where there was no answer. */
  readonly status: number;
  /** The cluster's own reason, such as `AlreadyExists`, or ours: `Timeout`, `AddressRefused`, `UntrustedCertificate`, … */
  readonly reason: string;
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retriable: boolean;
  /** What the cluster asks for by Retry-After. */
  readonly retryAfterSeconds?: number;
}

export class ClusterError extends Error implements ClusterErrorFacts {
  override readonly name = 'ClusterError';
  readonly kind: ClusterErrorKind;
  readonly status: number;
  readonly reason: string;
  readonly retriable: boolean;
  readonly retryAfterSeconds?: number;

  constructor(message: string, facts: ClusterErrorFacts, options?: ErrorOptions) {
    super(message, options);
    this.kind = facts.kind;
    this.status = facts.status;
    this.reason = facts.reason;
    this.retriable = facts.retriable;
    this.retryAfterSeconds = facts.retryAfterSeconds;
  }
}

/** The parts of a Kubernetes Status object that tell cases of one HTTP status apart. */
export interface StatusBody {
  readonly kind?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly code?: number;
  readonly details?: { readonly causes?: readonly { readonly reason?: string }[]; readonly retryAfterSeconds?: number };
}

/** An answer outside 200 to 299 as an error. `body` is the answer's text; whatever is no Status object is only quoted. */
export function errorFromAnswer(status: number, body: string, retryAfter?: string): ClusterError {
  const parsed = parseStatus(body);
  const message = parsed.message ?? (body.trim() === '' ? `the cluster answered ${status}` : body.trim().slice(0, 500));
  return errorFromStatus({ ...parsed, code: status, message }, retryAfter);
}

/** A Status object, as watches also send it inside a stream. */
export function errorFromStatus(body: StatusBody, retryAfter?: string): ClusterError {
  const status = body.code ?? 500;
  const message = body.message ?? `the cluster answered ${status}`;
  const { kind, retriable } = classify(status, body, message);
  const seconds = body.details?.retryAfterSeconds ?? Number(retryAfter ?? Number.NaN);
  return new ClusterError(message, {
    kind,
    status,
    reason: body.reason ?? '',
    retriable,
    ...(Number.isFinite(seconds) && seconds > 0 && { retryAfterSeconds: seconds }),
  });
}

function classify(status: number, body: StatusBody, message: string): { kind: ClusterErrorKind; retriable: boolean } {
  if (body.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating')) {
    return { kind: 'terminating', retriable: true };
  }
  switch (status) {
    case 401:
      return { kind: 'forbidden', retriable: false };
    case 403:
      return { kind: /exceeded quota/.test(message) ? 'exceeded_quota' : 'forbidden', retriable: false };
    case 404:
      return { kind: 'not_found', retriable: false };
    case 409:
      return /object is being deleted/.test(message)
        ? { kind: 'terminating', retriable: true }
        : { kind: 'conflict', retriable: body.reason === 'Conflict' };
    case 410:
      return { kind: 'gone', retriable: true };
    case 429:
      return { kind: 'unavailable', retriable: true };
    default:
      // A redirect is never followed: the credentials belong to the address that the connection names.
      return status >= 500 ? { kind: 'unavailable', retriable: true } : { kind: 'invalid', retriable: false };
  }
}

/** A failure below HTTP as an error. `target` is the server's URL. */
export function errorFromFailure(failure: unknown, target: string): ClusterError {
  const facts = { kind: 'unreachable', status: 0, retriable: true } as const;
  const cause = { cause: failure };
  for (const error of chain(failure)) {
    if (error instanceof ClusterError) {
      return error;
    }
    if (error instanceof AddressRefusedError) {
      return new ClusterError(
        `${target}: the server address is not allowed`,
        { ...facts, reason: 'AddressRefused', retriable: false },
        cause,
      );
    }
    const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
    if (error.name === 'AbortError') {
      return new ClusterError(`the call to ${target} was given up`, { ...facts, reason: 'Aborted' }, cause);
    }
    if (error.name === 'TimeoutError' || /TIMEOUT|ETIMEDOUT/.test(code)) {
      return new ClusterError(`${target} did not answer in time`, { ...facts, reason: 'Timeout' }, cause);
    }
    if (/CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|ERR_OSSL/.test(code)) {
      const message = `${target}: the certificates do not match (${error.message.split(';')[0]})`;
      return new ClusterError(message, { ...facts, reason: 'UntrustedCertificate', retriable: false }, cause);
    }
    if (code !== '' && code !== 'UND_ERR_SOCKET') {
      return new ClusterError(`cannot connect to ${target} (${code})`, { ...facts, reason: code }, cause);
    }
  }
  const text = failure instanceof Error ? failure.message : String(failure);
  return new ClusterError(
    `the connection to ${target} broke (${text})`,
    { ...facts, reason: 'ConnectionBroken' },
    cause,
  );
}

// The telling error is often wrapped: by undici as `cause`, by simultaneous connects to several addresses as `errors`.
function* chain(failure: unknown): Generator<Error> {
  if (!(failure instanceof Error)) {
    return;
  }
  yield* chain(failure.cause);
  if (failure instanceof AggregateError) {
    for (const error of failure.errors) {
      yield* chain(error);
    }
  }
  yield failure;
}

function parseStatus(body: string): StatusBody {
  try {
    const parsed = JSON.parse(body) as StatusBody | null;
    return parsed?.kind === 'Status' ? parsed : {};
  } catch {
    // Proxies and half-broken servers answer with pages: the text is then the message.
    return {};
  }
}
