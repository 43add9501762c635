import { operations, type Operation } from '@slipway/contracts';

/** The injection token of a service's MessagingOptions. */
export const MESSAGING_OPTIONS: unique symbol = Symbol('slipway:messaging-options');

export interface MessagingOptions {
  /** The service's name: its NATS user, durable consumers, queue group and inbox. */
  readonly service: string;
  /** `nats://user:password@host:port`, several of one cluster separated by commas. */
  readonly natsUrl: string;
  /** SEAL_PUBLIC_KEYS: `<service>:<id>:<base64>,…` of the services it sends sealed fields to. */
  readonly sealPublicKeys?: string;
  /** SEAL_PRIVATE_KEY: `<id>:<base64>,…`, its own. */
  readonly sealPrivateKeys?: string;
  /** How many commands and events run at once; default `CONCURRENCY`. Queries are not counted. */
  readonly concurrency?: number;
  /** Default: the registry of libs/contracts. Tests declare operations of their own. */
  readonly operations?: readonly Operation[];
}

/** Commands each have a transaction, and wait for its few connections; events that come at once share one. */
export const CONCURRENCY = { commands: 64, events: 256 } as const;

/** Every operation there is, unless a test declares its own. */
export const registryOf = (options: MessagingOptions): readonly Operation[] => options.operations ?? operations;
