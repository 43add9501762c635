import { isDeepStrictEqual } from 'node:util';

import { differs, fromFieldsV1, hasPathBelow, managedFieldsOf, toFieldsV1, valueAt } from './field-sets.js';
import { type Json, type JsonObject, type KubeObject, type ManagedFieldsEntry, timestamp } from './objects.js';

/** What the real server's own type of a kind holds even when it is empty: nobody makes these. */
const alwaysThere = new Set(
  [
    'metadata',
    'spec',
    'status',
    'involvedObject',
    'reportingComponent',
    'reportingInstance',
    'source',
    'endpoints',
    'ports',
    'spec.containers',
    'spec.limits',
    'spec.scaleTargetRef',
    'spec.podSelector',
    'spec.strategy',
    'spec.template',
    'spec.template.metadata',
    'spec.template.spec',
    'spec.template.spec.containers',
    'status.loadBalancer',
  ].map((path) =>
    path
      .split('.')
      .map((field) => `f:${field}`)
      .join('\u0000'),
  ),
);

export interface Writer {
  readonly manager: string;
  readonly subresource?: string;
}

/**
 * After a write that is no server-side apply: the writer owns what it changed and the parents that it made, and nobody owns what is
 * gone.
 */
export function recordUpdate(previous: KubeObject | undefined, next: KubeObject, writer: Writer): KubeObject {
  // An object whose fields nobody owns any more stays so until something is applied.
  if (previous && !previous.metadata.managedFields) return next;
  const { apiVersion, kind } = next;
  const before: JsonObject = previous ?? { apiVersion, kind };
  const part = writer.subresource === 'status' ? 'status' : undefined;
  const [old, current] = [managedFieldsOf(before, part, true), managedFieldsOf(next, part, true)];
  const changed = new Set(
    [...current].filter((path) =>
      old.has(path)
        ? differs(path, before, next)
        : !(alwaysThere.has(path) && (hasPathBelow(current, path) || isEmpty(valueAt(next, path)))),
    ),
  );
  const gone = new Set([...old].filter((path) => !current.has(path)));

  const entries: ManagedFieldsEntry[] = [];
  let own: ManagedFieldsEntry | undefined;
  for (const entry of entriesBefore(previous, next)) {
    if (isOf(entry, 'Update', writer, next.apiVersion)) own = entry;
    else {
      const left = [...fromFieldsV1(entry.fieldsV1)].filter((path) => !changed.has(path) && !gone.has(path));
      if (left.length) entries.push(withFields(entry, new Set(left)));
    }
  }
  const ownSet = new Set([...(own ? fromFieldsV1(own.fieldsV1) : []), ...changed]);
  for (const path of gone) ownSet.delete(path);
  if (ownSet.size) entries.push(withFields(own ?? newEntry('Update', writer, next.apiVersion), ownSet));
  const { managedFields: _replaced, ...metadata } = next.metadata;
  const managed = entries.length ? { managedFields: sorted(entries) } : {};
  return { ...next, metadata: { ...metadata, ...managed } };
}

/** Whether a value is what the field holds when nobody sets it. */
function isEmpty(value: Json | undefined): boolean {
  if (value === null || value === undefined || value === '') return true;
  return typeof value === 'object' && Object.values(value).every(isEmpty);
}

/** Whoever writes may correct the entries, and clears them by a single one that is empty; who sends none leaves them. */
function entriesBefore(previous: KubeObject | undefined, next: KubeObject): readonly ManagedFieldsEntry[] {
  const given = next.metadata.managedFields ?? [];
  if (given.length === 0) return previous?.metadata.managedFields ?? [];
  return given.filter(({ manager, fieldsV1 }) => manager !== undefined && fieldsV1 !== undefined);
}

export function isOf(
  entry: ManagedFieldsEntry,
  operation: ManagedFieldsEntry['operation'],
  writer: Writer,
  apiVersion: string,
): boolean {
  return (
    entry.manager === writer.manager &&
    entry.operation === operation &&
    entry.apiVersion === apiVersion &&
    (entry.subresource ?? '') === (writer.subresource ?? '')
  );
}

/** The entry with these fields; its time moves only when they differ, and only with a change of the object. */
export function withFields(entry: ManagedFieldsEntry, fields: ReadonlySet<string>, changes = true): ManagedFieldsEntry {
  const fieldsV1 = toFieldsV1(fields);
  return isDeepStrictEqual(fieldsV1, entry.fieldsV1)
    ? entry
    : { ...entry, ...(changes ? { time: timestamp() } : {}), fieldsV1 };
}

export function newEntry(
  operation: ManagedFieldsEntry['operation'],
  writer: Writer,
  apiVersion: string,
): ManagedFieldsEntry {
  return {
    manager: writer.manager,
    operation,
    apiVersion,
    fieldsType: 'FieldsV1',
    fieldsV1: {},
    ...(writer.subresource ? { subresource: writer.subresource } : {}),
  };
}

export function sorted(entries: ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  const rank = (entry: ManagedFieldsEntry): string =>
    [entry.operation, entry.time ?? '', entry.manager, entry.apiVersion, entry.subresource ?? ''].join('\n');
  return entries.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1));
}
