// Sets of fields as managedFields keeps them (FieldsV1). A path is a list of elements `f:<field>`, `k:<key of an item>` and
// `v:<value of a set>`; a set holds paths as text, so that sets are compared without walking trees.
import { isDeepStrictEqual } from 'node:util';

import { isAtomicMap, itemKey, listRule } from './list-rules.js';
import { isJsonObject, type Json, type JsonObject } from './objects.js';
import { StatusError } from './status-error.js';

export type FieldSet = ReadonlySet<string>;

const separator = '\u0000';

export function elementsOf(path: string): string[] {
  return path.split(separator);
}

/** Identity and server-owned metadata belong to nobody. */
const unmanagedMetadata = new Set([
  'name',
  'namespace',
  'generateName',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
]);

/** The fields of an object that somebody can own, on the main resource or on its status. */
export function managedFieldsOf(object: JsonObject, subresource: string | undefined): Set<string> {
  const set = new Set<string>();
  for (const [field, value] of Object.entries(object)) {
    if (field === 'apiVersion' || field === 'kind' || (field === 'status') !== (subresource === 'status')) continue;
    if (field === 'metadata' && isJsonObject(value)) {
      for (const [name, part] of Object.entries(value)) {
        if (!unmanagedMetadata.has(name)) collect(part, ['metadata', name], ['f:metadata', `f:${name}`], set);
      }
    } else collect(value, [field], [`f:${field}`], set);
  }
  return set;
}

function collect(value: Json | undefined, names: string[], path: string[], set: Set<string>): void {
  if (value === undefined || value === null) return;
  if (isJsonObject(value) && !isAtomicMap(names)) {
    const entries = Object.entries(value);
    if (entries.length === 0) set.add(path.join(separator));
    for (const [field, part] of entries) collect(part, [...names, field], [...path, `f:${field}`], set);
    return;
  }
  const rule = Array.isArray(value) ? listRule(names) : undefined;
  if (!Array.isArray(value) || !rule || rule.type === 'atomic' || value.length === 0) {
    set.add(path.join(separator));
    return;
  }
  for (const item of value) {
    if (rule.type === 'set') set.add([...path, `v:${JSON.stringify(item)}`].join(separator));
    else if (isJsonObject(item)) {
      const itemPath = [...path, `k:${requireKey(item, rule.keys, names)}`];
      set.add(itemPath.join(separator));
      for (const [field, part] of Object.entries(item)) {
        collect(part, [...names, field], [...itemPath, `f:${field}`], set);
      }
    }
  }
}

export function requireKey(item: JsonObject, keys: readonly string[], names: readonly string[]): string {
  const found = itemKey(item, keys);
  if ('key' in found) return found.key;
  throw new StatusError(
    500,
    '',
    `failed to create typed patch object: .${names.join('.')}: element 0: associative list with keys has an element that omits key field "${found.missing}" (and doesn't have default value)`,
  );
}

/** The value at a path, undefined when there is none. */
export function valueAt(object: Json | undefined, path: string): Json | undefined {
  let value: Json | undefined = object;
  const names: string[] = [];
  for (const element of elementsOf(path)) {
    const text = element.slice(2);
    if (element.startsWith('f:')) {
      names.push(text);
      value = isJsonObject(value) ? value[text] : undefined;
    } else if (Array.isArray(value)) {
      const rule = listRule(names);
      value = value.find((item) =>
        element.startsWith('v:')
          ? JSON.stringify(item) === text
          : rule.type === 'map' && isJsonObject(item) && keyText(item, rule.keys) === text,
      );
    } else return undefined;
  }
  return value;
}

function keyText(item: JsonObject, keys: readonly string[]): string | undefined {
  const found = itemKey(item, keys);
  return 'key' in found ? found.key : undefined;
}

/** Whether a path holds another value than before. For what has parts of its own, which are compared by their own paths, it is enough to exist. */
export function differs(path: string, before: JsonObject, after: JsonObject): boolean {
  const [old, current] = [valueAt(before, path), valueAt(after, path)];
  const names = elementsOf(path)
    .filter((element) => element.startsWith('f:'))
    .map((element) => element.slice(2));
  if (isJsonObject(old) && isJsonObject(current) && !isAtomicMap(names)) return false;
  return !isDeepStrictEqual(old, current);
}

export function hasPathBelow(set: FieldSet, path: string): boolean {
  const prefix = path + separator;
  for (const other of set) if (other.startsWith(prefix)) return true;
  return false;
}

export function toFieldsV1(set: FieldSet): JsonObject {
  const tree: JsonObject = {};
  for (const path of [...set].sort()) {
    let node = tree;
    for (const element of elementsOf(path)) {
      const next = node[element];
      const child: JsonObject = isJsonObject(next) ? next : {};
      node[element] = child;
      node = child;
    }
    node['.'] = {};
  }
  return withoutLeafDots(tree);
}

/** A leaf is written `{}`; only a member that has further members below it keeps its ".". */
function withoutLeafDots(node: JsonObject): JsonObject {
  const elements = Object.entries(node).filter(([element]) => element !== '.');
  const own = '.' in node && elements.length > 0 ? { '.': {} } : {};
  return {
    ...own,
    ...Object.fromEntries(elements.map(([name, child]) => [name, withoutLeafDots(child as JsonObject)])),
  };
}

export function fromFieldsV1(tree: JsonObject): Set<string> {
  const set = new Set<string>();
  const visit = (node: JsonObject, path: string[]): void => {
    const elements = Object.entries(node);
    if (path.length && (elements.length === 0 || '.' in node)) set.add(path.join(separator));
    for (const [element, child] of elements) {
      if (element !== '.' && isJsonObject(child)) visit(child, [...path, element]);
    }
  };
  visit(tree, []);
  return set;
}

/** `.spec.template.spec.containers[name="web"].image`, as conflicts name a field. */
export function displayPath(path: string): string {
  return elementsOf(path)
    .map((element) => {
      const text = element.slice(2);
      if (element.startsWith('f:')) return `.${text}`;
      if (element.startsWith('v:')) return `[=${text}]`;
      const keys = Object.entries(JSON.parse(text) as JsonObject);
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    })
    .join('');
}
