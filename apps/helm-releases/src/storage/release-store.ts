import type { AnyObjects } from '@slipway/cluster';

import type { Json } from '../release/release-record.js';

/** What the store tells of a record without reading it. */
export interface RecordHeader {
  readonly name: string;
  readonly namespace: string;
  readonly revision: number;
  /** One of Helm's words, or whatever somebody wrote. */
  readonly status: string;
  /** Of the command that made it, where that was ours. */
  readonly madeBy?: MadeBy | undefined;
  /** When it was made or its status changed, in milliseconds since 1970; 0 where nobody noted it. */
  readonly changedAt: number;
}

export interface MadeBy {
  readonly operationId: string;
  /** Tells requests under one Idempotency-Key apart. */
  readonly requestHash?: string | undefined;
}

export interface Found {
  /** Empty: everywhere. */
  readonly namespace: string;
  /** Default: any. */
  readonly name?: string;
  readonly signal: AbortSignal;
}

/** Where releases are kept. */
export interface ReleaseStore {
  /** In no order. @throws Refusal where the cluster does not let us */
  headers(where: Found): Promise<RecordHeader[]>;
  /** The release as it is stored; undefined when it has gone meanwhile. @throws UndecodableRecord, Refusal */
  record(header: RecordHeader, signal: AbortSignal): Promise<Json | undefined>;
  /** Adds a revision. False when there is one of its number: the name is the lock. @throws Refusal */
  add(header: RecordHeader, record: Json, signal: AbortSignal): Promise<boolean>;
  /** Stores a revision anew, under the status of `header`. @throws Refusal */
  update(header: RecordHeader, record: Json, signal: AbortSignal): Promise<void>;
  /** Where the objects of releases are; undefined where there are none but records. */
  readonly objects: AnyObjects | undefined;
}
