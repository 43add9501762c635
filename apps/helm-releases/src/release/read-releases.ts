import { Injectable } from '@nestjs/common';
import { problem } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import { ServiceLogger } from '@slipway/runtime';

import type { RecordHeader, ReleaseStore } from '../storage/release-store.js';
import { UndecodableRecord, type Json } from './release-record.js';
import { shapeRelease } from './shape-release.js';

/** So many are read from the cluster at once. */
const AT_ONCE = 16;
const TOLD_MAX = 1_000;

/** Reads bodies for answers. A record that nobody can read is left out of lists, and told once. */
@Injectable()
export class ReadReleases {
  private readonly told = new Set<string>();

  constructor(private readonly log: ServiceLogger) {}

  /** @throws Refusal `not_found` when it went meanwhile, `unavailable` when it cannot be decoded */
  async one(store: ReleaseStore, header: RecordHeader, signal: AbortSignal): Promise<Json> {
    try {
      const record = await store.record(header, signal);
      if (!record) throw new Refusal(noSuchRelease(header.name));
      return shapeRelease(record, header.namespace);
    } catch (error) {
      if (!(error instanceof UndecodableRecord)) throw error;
      const text = `the record of ${header.name}, revision ${header.revision}, cannot be read: ${error.message}`;
      throw new Refusal(problem.unavailable('release', text, { code: 'undecodable' }));
    }
  }

  /** Those that can be read, in the order of `headers`, at most `limit` (default: all). */
  async many(
    store: ReleaseStore,
    headers: readonly RecordHeader[],
    signal: AbortSignal,
    limit = Number.POSITIVE_INFINITY,
  ): Promise<Json[]> {
    const found: Json[] = [];
    let from = 0;
    while (from < headers.length && found.length < limit) {
      const some = headers.slice(from, from + Math.min(AT_ONCE, limit - found.length));
      const records = await Promise.all(some.map((header) => this.readable(store, header, signal)));
      found.push(...records.filter((record) => record !== undefined));
      from += some.length;
    }
    return found;
  }

  private async readable(store: ReleaseStore, header: RecordHeader, signal: AbortSignal): Promise<Json | undefined> {
    try {
      const record = await store.record(header, signal);
      return record && shapeRelease(record, header.namespace);
    } catch (error) {
      if (!(error instanceof UndecodableRecord)) throw error;
      this.tell(header, error);
      return undefined;
    }
  }

  private tell({ namespace, name, revision }: RecordHeader, { message }: UndecodableRecord): void {
    const key = `${namespace}/${name}/${revision}`;
    if (this.told.has(key) || this.told.size >= TOLD_MAX) return;
    this.told.add(key);
    this.log.warn('a release is left out of lists: its record cannot be read', { namespace, name, revision, message });
  }
}

export function noSuchRelease(name: string) {
  return problem.notFound('release', `There is no such release ${name}, or no such revision of it.`);
}
