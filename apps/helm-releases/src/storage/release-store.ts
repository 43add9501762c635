import type { Json } from '../release/release-record.js';

/** What the store tells of a record without reading it. */
export interface RecordHeader {
  readonly name: string;
  readonly namespace: string;
  readonly revision: number;
  /** One of Helm's words, or whatever somebody wrote. */
  readonly status: string;
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
}
