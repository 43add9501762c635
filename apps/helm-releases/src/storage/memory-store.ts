import { readFile } from 'node:fs/promises';

import { Injectable, type OnModuleInit } from '@nestjs/common';

import { HelmReleasesConfig } from '../helm-releases.config.js';
import { isJson, type Json } from '../release/release-record.js';
import type { Found, RecordHeader, ReleaseStore } from './release-store.js';

interface Kept extends RecordHeader {
  readonly record: Json;
}

/** A store of this process, to try things out: empty unless a file says otherwise. */
@Injectable()
export class MemoryStore implements ReleaseStore, OnModuleInit {
  readonly objects = undefined;
  private kept: readonly Kept[] = [];

  constructor(private readonly config: HelmReleasesConfig) {}

  /** @throws Error for a file that cannot be read or is no list of releases */
  async onModuleInit(): Promise<void> {
    const { memoryReleases: file } = this.config;
    if (file === undefined) return;
    const records: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (!Array.isArray(records) || !records.every(isJson)) throw new Error(`${file} is no JSON list of releases`);
    this.kept = records.map(toKept);
  }

  headers({ namespace, name }: Found): Promise<RecordHeader[]> {
    const found = this.kept.filter(
      (one) => (namespace === '' || one.namespace === namespace) && (name === undefined || one.name === name),
    );
    return Promise.resolve(found);
  }

  record(header: RecordHeader): Promise<Json | undefined> {
    return Promise.resolve(this.kept.find((one) => isSame(one, header))?.record);
  }

  add(header: RecordHeader, record: Json): Promise<boolean> {
    const isTaken = this.kept.some((one) => isSame(one, header));
    if (!isTaken) this.kept = [...this.kept, { ...header, record }];
    return Promise.resolve(!isTaken);
  }

  update(header: RecordHeader, record: Json): Promise<void> {
    this.kept = this.kept.map((one) => (isSame(one, header) ? { ...header, record } : one));
    return Promise.resolve();
  }
}

function toKept(record: Json): Kept {
  const { name, namespace, version, info } = record;
  const status = isJson(info) && typeof info['status'] === 'string' ? info['status'] : '';
  return { name: String(name), namespace: String(namespace), revision: Number(version), status, changedAt: 0, record };
}

function isSame(one: RecordHeader, other: RecordHeader): boolean {
  return one.name === other.name && one.namespace === other.namespace && one.revision === other.revision;
}
