// Sets of fields as managedFields keeps them (FieldsV1). A path is a list of elements `f:<field>`, `k:<key of an item>` and
// `v:<value of a set>`; a set holds paths as text, so that sets are compared without walking trees.
import { isDeepStrictEqual } from 'node:util';

import { isJsonObject, type Json, type JsonObject } from './objects.js';
import { isMerged, itemKey, itemShape, type Shape, shapeBelow, shapeOf } from './schema.js';

export type FieldSet = ReadonlySet<string>;

const separator = '\u0000';

export function elementsOf(path: string): string[] {
  return path.split(separator);
}

/** Identity and server-owned metadata belong to nobody. */
const unmanagedMetadata = new Set([
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'managedFields',
  'selfLink',
]);

/**
 * The fields of an object that somebody can own, on the main resource or on its status: the leaves and the items of lists. With
 * `parents` also the objects, maps and lists that hold them, which a write that is no application owns when it makes them.
 */
export function managedFieldsOf(object: JsonObject, subresource: string | undefined, parents = false): Set<string> {
  const set = new Set<string>();
  const shape = shapeOf(object);
  for (const [field, value] of Object.entries(object)) {
    if (field === 'apiVersion' || field === 'kind') continue;
    if (subresource === 'status' ? field !== 'status' && field !== 'metadata' : field === 'status') continue;
    const below = shapeBelow(shape, field);
    if (field === 'metadata' && isJsonObject(value)) {
      for (const [name, part] of Object.entries(value)) {
        if (!unmanagedMetadata.has(name))
          collect(part, shapeBelow(below, name), ['f:metadata', `f:${name}`], set, parents);
      }
    } else collect(value, below, [`f:${field}`], set, parents);
  }
  return set;
}

function collect(value: Json | undefined, shape: Shape, path: string[], set: Set<string>, parents: boolean): void {
  if (value === undefined || value === null) return;
  const size = typeof value === 'object' ? Object.keys(value).length : 0;
  if (!isMerged(shape, value) || size === 0) {
    set.add(path.join(separator));
    return;
  }
  if (parents) set.add(path.join(separator));
  if (isJsonObject(value)) {
    for (const [field, part] of Object.entries(value)) {
      collect(part, shapeBelow(shape, field), [...path, `f:${field}`], set, parents);
    }
    return;
  }
  for (const item of Array.isArray(value) ? value : []) {
    if (shape.type !== 'list' || !shape.keys || !isJsonObject(item))
      set.add([...path, `v:${JSON.stringify(item)}`].join(separator));
    else {
      const itemPath = [...path, `k:${itemKey(item, shape.keys)}`];
      set.add(itemPath.join(separator));
      if (!isMerged(shape.of, item)) continue;
      for (const [field, part] of Object.entries(item)) {
        collect(part, shapeBelow(shape.of, field), [...itemPath, `f:${field}`], set, parents);
      }
    }
  }
}

/** What is applied does not fit its schema. */
export class TypedPatchError extends Error {}

/** The value at a path, undefined when there is none. */
export function valueAt(object: JsonObject, path: string): Json | undefined {
  return lookUp(object, path).value;
}

function lookUp(object: JsonObject, path: string): { value: Json | undefined; shape: Shape } {
  let value: Json | undefined = object;
  let shape = shapeOf(object);
  for (const element of elementsOf(path)) {
    const text = element.slice(2);
    if (element.startsWith('f:')) {
      value = isJsonObject(value) ? value[text] : undefined;
      shape = shapeBelow(shape, text);
    } else {
      const keys: readonly string[] | undefined = shape.type === 'list' ? shape.keys : undefined;
      const items: Json[] = Array.isArray(value) ? value : [];
      value = items.find((item) =>
        element.startsWith('v:')
          ? JSON.stringify(item) === text
          : keys !== undefined && isJsonObject(item) && itemKey(item, keys) === text,
      );
      shape = itemShape(shape);
    }
  }
  return { value, shape };
}

/** Whether a path holds another value than before. For what has parts of its own, which are compared by their own paths, it is enough to exist. */
export function differs(path: string, before: JsonObject, after: JsonObject): boolean {
  const { value: current, shape } = lookUp(after, path);
  const old = valueAt(before, path);
  if (isMerged(shape, old) && isMerged(shape, current)) return false;
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
      if (element.startsWith('i:')) return `[${text}]`;
      const keys = Object.entries(JSON.parse(text) as JsonObject);
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    })
    .join('');
}
