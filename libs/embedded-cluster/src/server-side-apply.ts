// Server-side apply as the real server does it: merge what is applied over what lives, drop what this manager applied before and no
// longer does, refuse (or with force take) what other managers own and this would change. An equal apply gives an equal object.
import {
  differs,
  displayPath,
  elementsOf,
  type FieldSet,
  fromFieldsV1,
  hasPathBelow,
  managedFieldsOf,
  requireKey,
  valueAt,
} from './field-sets.js';
import { isAtomicMap, listRule } from './list-rules.js';
import { isOf, newEntry, sorted, withFields } from './managed-fields.js';
import {
  isJsonObject,
  type Json,
  type JsonObject,
  type KubeObject,
  type ManagedFieldsEntry,
  textOf,
} from './objects.js';
import { type Cause, StatusError } from './status-error.js';

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
  const entries = live?.metadata.managedFields ?? [];
  const own = entries.find((entry) => isOf(entry, 'Apply', writer, apiVersion));
  const others = entries
    .filter((entry) => entry !== own)
    .map((entry) => ({ entry, fields: fromFieldsV1(entry.fieldsV1) }));

  let merged = mergeApplied(live, wanted, []) as JsonObject;
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
  const ownEntries = applied.size ? [withFields(own ?? newEntry('Apply', writer, apiVersion), applied)] : [];
  return {
    ...merged,
    metadata: { ...(merged.metadata as JsonObject), managedFields: sorted([...remaining, ...ownEntries]) },
  };
}

/** What an application may touch: everything but the status, or nothing but the status. */
function ownPart(config: JsonObject, subresource: string | undefined): JsonObject {
  const { apiVersion, kind, metadata, status, ...rest } = config;
  return subresource === 'status' ? { apiVersion, kind, status } : { apiVersion, kind, metadata, ...rest };
}

function mergeApplied(live: Json | undefined, config: Json, names: string[]): Json {
  if (isJsonObject(config) && !isAtomicMap(names)) {
    const merged: JsonObject = isJsonObject(live) ? { ...live } : {};
    for (const [field, value] of Object.entries(config)) {
      if (value !== null && value !== undefined) merged[field] = mergeApplied(merged[field], value, [...names, field]);
    }
    return merged;
  }
  if (!Array.isArray(config)) return config;
  const rule = listRule(names);
  const current = Array.isArray(live) ? live : [];
  if (rule.type === 'set') return [...current, ...config.filter((item) => !current.includes(item))];
  if (rule.type === 'atomic') return config;
  return mergeKeyedLists(current.filter(isJsonObject), config.filter(isJsonObject), rule.keys, names);
}

/** Applied items keep the order in which they are applied; the items of others stay where they are between them. */
function mergeKeyedLists(live: JsonObject[], config: JsonObject[], keys: readonly string[], names: string[]): Json[] {
  const liveItems = live.map((item) => ({ item, key: requireKey(item, keys, names) }));
  const configItems = config.map((item) => ({ item, key: requireKey(item, keys, names) }));
  const configKeys = new Set(configItems.map((entry) => entry.key));
  if (configKeys.size < configItems.length) {
    throw new StatusError(
      500,
      '',
      `failed to create typed patch object: .${names.join('.')}: duplicate entries for key`,
    );
  }
  const merged: Json[] = [];
  let next = 0;
  for (const { item, key } of liveItems) {
    if (!configKeys.has(key)) merged.push(item);
    else if (configItems[next]?.key === key) {
      const applied = configItems[next];
      if (applied) merged.push(mergeApplied(item, applied.item, names));
      next += 1;
    } else {
      // The order differs from here on: what is applied up to this item comes first.
      const end = configItems.findIndex((entry) => entry.key === key);
      for (; next <= end; next += 1) {
        const applied = configItems[next];
        const before = liveItems.find((entry) => entry.key === applied?.key)?.item;
        if (applied) merged.push(mergeApplied(before, applied.item, names));
      }
    }
  }
  for (; next < configItems.length; next += 1) {
    const applied = configItems[next];
    if (applied) merged.push(mergeApplied(undefined, applied.item, names));
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
  return (without(object, tree, []) as JsonObject | undefined) ?? {};
}

type PathTree = { whole: boolean; below: Map<string, PathTree> };

function without(value: Json, tree: Map<string, PathTree>, names: string[]): Json | undefined {
  if (tree.size === 0) return value;
  if (isJsonObject(value)) {
    const kept: JsonObject = {};
    for (const [field, part] of Object.entries(value)) {
      const node = tree.get(`f:${field}`);
      if (node?.whole || part === undefined) continue;
      const left = node ? without(part, node.below, [...names, field]) : part;
      if (left !== undefined) kept[field] = left;
    }
    return Object.keys(kept).length ? kept : undefined;
  }
  if (!Array.isArray(value)) return value;
  const rule = listRule(names);
  const kept = value.flatMap((item) => {
    const element =
      rule.type === 'map' && isJsonObject(item)
        ? `k:${requireKey(item, rule.keys, names)}`
        : `v:${JSON.stringify(item)}`;
    const node = tree.get(element);
    if (node?.whole) return [];
    const left = node ? without(item, node.below, names) : item;
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
  if (entry.operation === 'Apply') return name;
  return `${name} using ${entry.apiVersion}`;
}
