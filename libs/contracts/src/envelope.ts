import type { CredentialId, TeamId, UserId } from './ids.js';

export const Dialect = {
  containerEngine: 'container-engine',
  porter: 'porter',
  kubevela: 'kubevela',
  tsuru: 'tsuru',
  lastBackend: 'last-backend',
} as const;
export type Dialect = (typeof Dialect)[keyof typeof Dialect];

export const CredentialKind = {
  session: 'session',
  cookie: 'cookie',
  token: 'token',
  apiKey: 'api-key',
  appToken: 'app-token',
} as const;
export type CredentialKind = (typeof CredentialKind)[keyof typeof CredentialKind];

/** Who acts, as the credential told. Rights are always this user's, never a service's. */
export interface Actor {
  readonly userId: UserId;
  readonly number: number;
  readonly username: string;
  readonly email: string;
  readonly teams: readonly { readonly id: TeamId; readonly name: string }[];
  /** Member of the admin team; never true for an anonymous caller. */
  readonly admin: boolean;
  readonly credential: { readonly id: CredentialId; readonly kind: CredentialKind; readonly scope: 'full' | 'read' };
}

/** What travels in the headers of every message. */
export interface Envelope {
  /** Fresh for each attempt; `Nats-Msg-Id`. */
  readonly messageId: string;
  /** One effect per operation id: the Idempotency-Key in its scope, else the message id. An event's own id. */
  readonly operationId: string;
  /** HMAC of method, path, query and body of the HTTP request; tells a repeated request from another one under the same key. */
  readonly requestHash?: string;
  readonly correlationId: string;
  /** The message that led to this one. */
  readonly causationId?: string;
  /** Absent on routes without a credential and on events of the system itself. */
  readonly actor?: Actor;
  readonly dialect?: Dialect;
  /** Milliseconds since the epoch. When an event became true, however late it is heard. */
  readonly occurredAt?: number;
  /** Milliseconds since the epoch. Past it a command is not started any more. */
  readonly deadline?: number;
  /** Where the answer goes: an inbox of the caller's own. */
  readonly replyTo?: string;
  /** W3C trace context. */
  readonly traceparent?: string;
}
