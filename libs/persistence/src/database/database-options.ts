import type { EntitySchema, MigrationInterface } from 'typeorm';

/** The injection token of a service's PersistenceOptions. */
export const PERSISTENCE_OPTIONS: unique symbol = Symbol('slipway:persistence-options');

export type EntityClass = (new () => object) | EntitySchema;
export type MigrationClass = new () => MigrationInterface;

/** Connections of one replica. Services × replicas × poolSize has to stay below the server's max_connections (100 by default). */
export const DEFAULT_POOL_SIZE = 5;

/** Rows of a table that are deleted in batches, every ten minutes, by whichever replica comes first. */
export interface Prune {
  readonly table: string;
  /** SQL that is true of a row nobody needs any more. It stands in a statement as it is: never a value from outside. */
  readonly condition: string;
}

export interface PersistenceOptions {
  /** The service's name: it decides the schema, the name shown in pg_stat_activity and the associated data of ciphertexts. */
  readonly service: string;
  /** DATABASE_URL of the service's own role. */
  readonly databaseUrl: string;
  readonly entities: readonly EntityClass[];
  /** Listed by hand, `inboxAndOutbox` first. The service itself runs none: the `migrate` step does. */
  readonly migrations: readonly MigrationClass[];
  /** ENCRYPTION_KEYS: `<id>:<base64 of 32 bytes>,…`; the first encrypts, all decrypt. */
  readonly encryptionKeys: string;
  /** Old rows of its own that the service forgets; see `Prune`. */
  readonly prunes?: readonly Prune[];
  /** Default: 5. */
  readonly poolSize?: number;
}

/** The schema of a service: its name with `_` for `-`. */
export function schemaOf(service: string): string {
  return service.replaceAll('-', '_');
}

/** An identifier as SQL text. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
