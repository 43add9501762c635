// Server-side apply as the real server does it: merge what is applied over what lives, drop what this manager applied before and no
// longer does, refuse (or with force take) what other managers own and this would change. An equal apply gives an equal object.
import { isDeepStrictEqual } from 'node:util';

import {
  differs,
  displayPath,
  elementsOf,
  type FieldSet,
  fromFieldsV1,
  hasPathBelow,
  managedFieldsOf,
  TypedPatchError,
  valueAt,
} from './field-sets.js';
import { isOf, newEntry, recordUpdate, sorted, withFields } from './managed-fields.js';
import {
  isJsonObject,
  type Json,
  type JsonObject,
  type KubeObject,
  type ManagedFieldsEntry,
  textOf,
  wireCopy,
} from './objects.js';
import { isMerged, itemKey, itemShape, type Shape, shapeBelow, shapeOf } from './schema.js';
import { type Cause, StatusError } from './status-error.js';

const beforeFirstApply = { manager: 'before-first-apply' };

export interface Application {
  readonly live: KubeObject | undefined;
  readonly config: JsonObject;
  readonly manager: string;
  readonly force: boolean;
  readonly subresource?: string;
  /** What may be taken from others without force, unless there is more in conflict. */
  readonly free?: FieldSet;
}

/** The object after the application, its managedFields included. Throws a 409 with a cause for every field in conflict. */
export function applyServerSide({ live, config, manager, force, subresource, free }: Application): JsonObject {
  const writer = { manager, ...(subresource ? { subresource } : {}) };
  const apiVersion = textOf(config.apiVersion);
  const applied = managedFieldsOf(config, subresource);
  const wanted = ownPart(config, subresource);
  const entries = live ? entriesOf(live) : [];
  const own = entries.find((entry) => isOf(entry, 'Apply', writer, apiVersion));
  const others = entries
    .filter((entry) => entry !== own)
    .map((entry) => ({ entry, fields: fromFieldsV1(entry.fieldsV1) }));

  let merged = mergeApplied(live, wanted, shapeOf(config), []) as JsonObject;
  if (own) {
    const dropped = [...fromFieldsV1(own.fieldsV1)].filter((path) => !applied.has(path));
    const kept: FieldSet[] = [applied, ...others.map((other) => other.fields)];
    const removed = dropped.filter((path) => !kept.some((set) => set.has(path) || hasPathBelow(set, path)));
    merged = removePaths(merged, removed);
  }

  const conflicts = live ? findConflicts(others, live, merged) : [];
  if (!force && conflicts.some(({ path }) => !free?.has(path))) throw conflictError(conflicts);
  const lost = new Map<ManagedFieldsEntry, Set<string>>();
  for (const { entry, path } of conflicts) lost.set(entry, (lost.get(entry) ?? new Set()).add(path));

  const remaining = others.flatMap(({ entry, fields }) => {
    const left = [...fields].filter((path) => !lost.get(entry)?.has(path) && valueAt(merged, path) !== undefined);
    return left.length ? [left.length === fields.size ? entry : withFields(entry, new Set(left))] : [];
  });
  // The time is that of a change: who applies what is there already gets none.
  const changes = !live || !isDeepStrictEqual(unmanaged(merged), unmanaged(live));
  const ownEntry = withFields(own ?? newEntry('Apply', writer, apiVersion), applied, changes);
  const ownEntries = applied.size ? [ownEntry] : [];
  return {
    ...merged,
    metadata: { ...(merged.metadata as JsonObject), managedFields: sorted([...remaining, ...ownEntries]) },
  };
}

/** What lived before anybody owned it is owned by a manager that stands for that time. */
function entriesOf(live: KubeObject): readonly ManagedFieldsEntry[] {
  return live.metadata.managedFields ?? recordUpdate(undefined, live, beforeFirstApply).metadata.managedFields ?? [];
}

function unmanaged(object: JsonObject): JsonObject {
  const { managedFields: _managed, ...metadata } = (object.metadata ?? {}) as JsonObject;
  return wireCopy({ ...object, metadata });
}

/** What an application may touch: everything but the status, or nothing but the status. */
function ownPart(config: JsonObject, subresource: string | undefined): JsonObject {
  const { apiVersion, kind, metadata, status, ...rest } = config;
  return subresource === 'status' ? { apiVersion, kind, metadata, status } : { apiVersion, kind, metadata, ...rest };
}

function mergeApplied(live: Json | undefined, config: Json, shape: Shape, path: string[]): Json {
  if (isJsonObject(config) && isMerged(shape, config)) {
    const merged: JsonObject = isJsonObject(live) ? { ...live } : {};
    for (const [field, value] of Object.entries(config)) {
      if (value === null || value === undefined) continue;
      merged[field] = mergeApplied(merged[field], value, shapeBelow(shape, field), [...path, `f:${field}`]);
    }
    return merged;
  }
  if (!Array.isArray(config) || shape.type !== 'list') return config;
  const current = Array.isArray(live) ? live : [];
  if (shape.isSet) return [...current, ...config.filter((item) => !current.includes(item))];
  if (!shape.keys) return config;
  return mergeKeyedLists(current.filter(isJsonObject), config.filter(isJsonObject), shape.keys, shape.of, path);
}

/** Applied items keep the order in which they are applied; the items of others stay where they are between them. */
function mergeKeyedLists(
  live: JsonObject[],
  config: JsonObject[],
  keys: readonly string[],
  shape: Shape,
  path: string[],
): Json[] {
  const liveItems = live.map((item) => ({ item, key: itemKey(item, keys) }));
  const configItems = config.map((item) => ({ item, key: itemKey(item, keys) }));
  const configKeys = new Set(configItems.map((entry) => entry.key));
  for (const { key } of configItems) {
    if (!configKeys.delete(key)) {
      const list = displayPath(path.join('\u0000'));
      throw new TypedPatchError(`${list}: duplicate entries for key ${displayPath(`k:${key}`)}`);
    }
  }
  for (const { key } of configItems) configKeys.add(key);
  const merged: Json[] = [];
  let next = 0;
  for (const { item, key } of liveItems) {
    if (!configKeys.has(key)) merged.push(item);
    else if (configItems[next]?.key === key) {
      const applied = configItems[next];
      if (applied) merged.push(mergeApplied(item, applied.item, shape, path));
      next += 1;
    } else {
      // The order differs from here on: what is applied up to this item comes first.
      const end = configItems.findIndex((entry) => entry.key === key);
      for (; next <= end; next += 1) {
        const applied = configItems[next];
        const before = liveItems.find((entry) => entry.key === applied?.key)?.item;
        if (applied) merged.push(mergeApplied(before, applied.item, shape, path));
      }
    }
  }
  for (; next < configItems.length; next += 1) {
    const applied = configItems[next];
    if (applied) merged.push(mergeApplied(undefined, applied.item, shape, path));
  }
  return merged;
}

/** Without these paths. What becomes empty by it is gone, too. */
function removePaths(object: JsonObject, paths: readonly string[]): JsonObject {
  const tree = new Map<string, PathTree>();
  for (const path of paths) {
    let level = tree;
    const elements = elementsOf(path);
    elements.forEach((element, index) => {
      const node = level.get(element) ?? { whole: false, below: new Map<string, PathTree>() };
      if (index === elements.length - 1) node.whole = true;
      level.set(element, node);
      level = node.below;
    });
  }
  return (without(object, tree, shapeOf(object)) as JsonObject | undefined) ?? {};
}

type PathTree = { whole: boolean; below: Map<string, PathTree> };

function without(value: Json, tree: Map<string, PathTree>, shape: Shape): Json | undefined {
  if (tree.size === 0) return value;
  if (isJsonObject(value)) {
    const kept: JsonObject = {};
    for (const [field, part] of Object.entries(value)) {
      const node = tree.get(`f:${field}`);
      if (node?.whole || part === undefined) continue;
      const left = node ? without(part, node.below, shapeBelow(shape, field)) : part;
      if (left !== undefined) kept[field] = left;
    }
    return Object.keys(kept).length ? kept : undefined;
  }
  if (!Array.isArray(value)) return value;
  const kept = value.flatMap((item) => {
    const element =
      shape.type === 'list' && shape.keys && isJsonObject(item)
        ? `k:${itemKey(item, shape.keys)}`
        : `v:${JSON.stringify(item)}`;
    const node = tree.get(element);
    if (node?.whole) return [];
    const left = node ? without(item, node.below, itemShape(shape)) : item;
    return left === undefined ? [] : [left];
  });
  return kept.length ? kept : undefined;
}

type Conflict = { entry: ManagedFieldsEntry; path: string };

function findConflicts(
  others: readonly { entry: ManagedFieldsEntry; fields: FieldSet }[],
  live: JsonObject,
  merged: JsonObject,
): Conflict[] {
  return others.flatMap(({ entry, fields }) =>
    [...fields]
      .filter((path) => valueAt(merged, path) !== undefined && differs(path, live, merged))
      .map((path) => ({ entry, path })),
  );
}

function conflictError(conflicts: readonly Conflict[]): StatusError {
  const causes: Cause[] = conflicts.map(({ entry, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${describeManager(entry)}`,
    field: displayPath(path),
  }));
  const [first] = conflicts;
  if (conflicts.length === 1 && first) {
    const text = `conflict with ${describeManager(first.entry)}: ${displayPath(first.path)}`;
    return new StatusError(409, 'Conflict', `Apply failed with 1 conflict: ${text}`, { causes });
  }
  const names = [...new Set(conflicts.map(({ entry }) => describeManager(entry)))].sort();
  const lines = names.flatMap((name) => [
    `conflicts with ${name}:`,
    ...conflicts.filter(({ entry }) => describeManager(entry) === name).map(({ path }) => `- ${displayPath(path)}`),
  ]);
  return new StatusError(409, 'Conflict', `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`, {
    causes,
  });
}

function describeManager(entry: ManagedFieldsEntry): string {
  const subresource = entry.subresource ? ` with subresource ${JSON.stringify(entry.subresource)}` : '';
  const name = `${JSON.stringify(entry.manager)}${subresource}`;
  return entry.operation === 'Apply' ? name : `${name} using ${entry.apiVersion}`;
}
