import type { Class } from './fields.js';

export const ServiceName = {
  gateway: 'gateway',
  identity: 'identity',
  catalog: 'catalog',
  deployments: 'deployments',
  helmReleases: 'helm-releases',
  logs: 'logs',
  notifications: 'notifications',
} as const;
export type ServiceName = (typeof ServiceName)[keyof typeof ServiceName];

/** Changes something, exactly once per operation id. Answered when the change is committed. */
export interface Command<I extends object, O extends object | void> {
  readonly kind: 'command';
  readonly subject: string;
  /** The owner, from the subject. */
  readonly service: ServiceName;
  readonly input: Class<I>;
  readonly output: O extends object ? Class<O> : null;
  /** The services that may send it, the gateway unless told otherwise. */
  readonly senders: readonly ServiceName[];
}

/** Reads only. */
export interface Query<I extends object, O extends object> {
  readonly kind: 'query';
  readonly subject: string;
  readonly service: ServiceName;
  readonly input: Class<I>;
  readonly output: Class<O>;
  readonly senders: readonly ServiceName[];
}

/** A fact, published after the commit that made it true. */
export interface Event<P extends object> {
  readonly kind: 'event';
  readonly subject: string;
  readonly service: ServiceName;
  readonly payload: Class<P>;
  /** The services that listen, each by a durable consumer of its own. */
  readonly listeners: readonly ServiceName[];
  /** The services that hear it as it passes, on core NATS: what they miss, they miss. */
  readonly liveListeners: readonly ServiceName[];
}

export type AnyCommand = Command<object, object> | Command<object, void>;
export type AnyQuery = Query<object, object>;
export type AnyEvent = Event<object>;
export type Operation = AnyCommand | AnyQuery | AnyEvent;

const SUBJECT = /^(cmd|qry|evt)\.([a-z-]+)\.([a-z-]+)\.([a-z-]+)\.v([1-9]\d*)$/;

function ownerOf(subject: string, prefix: 'cmd' | 'qry' | 'evt'): ServiceName {
  const match = SUBJECT.exec(subject);
  const service = Object.values(ServiceName).find((name) => name === match?.[2]);
  if (match?.[1] !== prefix || !service) throw new Error(`${subject} is not ${prefix}.<service>.<noun>.<act>.v<n>`);
  return service;
}

export function defineCommand<I extends object, O extends object | void = void>(declared: {
  subject: string;
  input: Class<I>;
  output?: O extends object ? Class<O> : never;
  senders?: readonly ServiceName[];
}): Command<I, O> {
  return Object.freeze({
    kind: 'command' as const,
    subject: declared.subject,
    service: ownerOf(declared.subject, 'cmd'),
    input: declared.input,
    output: (declared.output ?? null) as Command<I, O>['output'],
    senders: declared.senders ?? [ServiceName.gateway],
  });
}

export function defineQuery<I extends object, O extends object>(declared: {
  subject: string;
  input: Class<I>;
  output: Class<O>;
  senders?: readonly ServiceName[];
}): Query<I, O> {
  return Object.freeze({
    kind: 'query' as const,
    ...declared,
    service: ownerOf(declared.subject, 'qry'),
    senders: declared.senders ?? [ServiceName.gateway],
  });
}

export function defineEvent<P extends object>(declared: {
  subject: string;
  payload: Class<P>;
  listeners: readonly ServiceName[];
  /** None unless told otherwise. */
  liveListeners?: readonly ServiceName[];
}): Event<P> {
  return Object.freeze({
    kind: 'event' as const,
    ...declared,
    service: ownerOf(declared.subject, 'evt'),
    liveListeners: declared.liveListeners ?? [],
  });
}
