// Owns which of the stored revisions a question means. Pure: headers in, headers out.
import { RELEASE_STATUSES } from '@slipway/contracts';

import type { RecordHeader } from '../storage/release-store.js';

const DEFAULT_STATUSES: readonly string[] = ['deployed', 'failed'];

/**
 * Each release at its highest revision, if that has one of the statuses: a release whose last upgrade failed is not deployed. Who asks for
 * superseded revisions alone gets all of them.
 */
export function listed(
  headers: readonly RecordHeader[],
  statuses: readonly string[] = DEFAULT_STATUSES,
): RecordHeader[] {
  const wanted = new Set(statuses);
  const all = wanted.size === 1 && wanted.has('superseded');
  return (all ? [...headers] : highest(headers)).filter(({ status }) => isWanted(status, wanted)).sort(byName);
}

function isWanted(status: string, wanted: ReadonlySet<string>): boolean {
  if (isKnown(status)) return wanted.has(status);
  return [...wanted].some((word) => !isKnown(word));
}

function isKnown(status: string): boolean {
  return (RELEASE_STATUSES as readonly string[]).includes(status);
}

function highest(headers: readonly RecordHeader[]): RecordHeader[] {
  const latest = new Map<string, RecordHeader>();
  for (const header of headers) {
    const key = `${header.namespace}/${header.name}`;
    const known = latest.get(key);
    if (!known || known.revision < header.revision) latest.set(key, header);
  }
  return [...latest.values()];
}

/** One of a release's revisions: 0 is the latest deployed one, or the latest of all. Of several namespaces the highest revision, then the first. */
export function chosen(headers: readonly RecordHeader[], revision: number): RecordHeader | undefined {
  const candidates = revision === 0 ? deployedOrAll(headers) : headers.filter((header) => header.revision === revision);
  return [...candidates].sort((a, b) => b.revision - a.revision || compare(a.namespace, b.namespace))[0];
}

function deployedOrAll(headers: readonly RecordHeader[]): readonly RecordHeader[] {
  const deployed = headers.filter(({ status }) => status === 'deployed');
  return deployed.length > 0 ? deployed : headers;
}

export function history(headers: readonly RecordHeader[]): RecordHeader[] {
  return [...headers].sort((a, b) => a.revision - b.revision || compare(a.namespace, b.namespace));
}

/** In the order of bytes, as names are ASCII. */
export function byName(a: RecordHeader, b: RecordHeader): number {
  return compare(a.name, b.name) || compare(a.namespace, b.namespace) || a.revision - b.revision;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
