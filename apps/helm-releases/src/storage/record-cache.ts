import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';

import type { Json } from '../release/release-record.js';

const MAX_BYTES = 64 * 1024 * 1024;

/** Records that were read, by their version: what has one never changes. */
@Injectable()
export class RecordCache {
  private readonly texts = new LRUCache<string, string>({
    maxSize: MAX_BYTES,
    sizeCalculation: (text, key) => text.length + key.length,
  });

  async get(key: string, read: () => Promise<Json | undefined>): Promise<Json | undefined> {
    const known = this.texts.get(key);
    if (known !== undefined) return JSON.parse(known) as Json;
    const record = await read();
    if (record) this.texts.set(key, JSON.stringify(record));
    return record;
  }
}
