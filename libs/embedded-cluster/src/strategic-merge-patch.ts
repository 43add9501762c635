import { isJsonObject, type Json, type JsonObject } from './objects.js';
import { type ListShape, type Shape, shapeBelow } from './schema.js';
import { StatusError } from './status-error.js';

const orderPrefix = '$setElementOrder/';
const deletePrefix = '$deleteFromPrimitiveList/';

/** Kubernetes' strategic merge patch: a merge patch whose keyed lists are merged item by item. */
export function strategicMergePatch(target: Json | undefined, patch: Json, shape: Shape): Json {
  if (!isJsonObject(patch)) return patch;
  if (patch.$patch === 'replace') return withoutDirectives(patch);
  if (patch.$patch !== undefined && patch.$patch !== 'merge') throw unknownDirective(patch);
  const merged: JsonObject = isJsonObject(target) ? { ...target } : {};
  const retained = Array.isArray(patch.$retainKeys) ? new Set(patch.$retainKeys) : undefined;
  if (retained) for (const field of Object.keys(merged)) if (!retained.has(field)) delete merged[field];
  for (const [field, value] of Object.entries(patch)) {
    if (field.startsWith(deletePrefix)) {
      const list = field.slice(deletePrefix.length);
      const [current, dropped] = [merged[list], value];
      if (Array.isArray(current) && Array.isArray(dropped)) {
        merged[list] = current.filter((item) => !dropped.includes(item));
      }
    } else if (field.startsWith(orderPrefix)) {
      const list = field.slice(orderPrefix.length);
      if (patch[list] === undefined) merged[list] = mergeList(merged[list], [], value, shapeBelow(shape, list));
    } else if (field.startsWith('$') || value === undefined) continue;
    else if (value === null) delete merged[field];
    else {
      const below = shapeBelow(shape, field);
      merged[field] = Array.isArray(value)
        ? mergeList(merged[field], value, patch[orderPrefix + field], below)
        : strategicMergePatch(merged[field], value, below);
    }
  }
  return merged;
}

function mergeList(target: Json | undefined, patch: Json[], order: Json | undefined, shape: Shape): Json {
  const isReplaced = patch.some((item) => isJsonObject(item) && item.$patch === 'replace');
  if (shape.type !== 'list' || shape.mergeKey === undefined || isReplaced) {
    return patch.filter((item) => !isJsonObject(item) || item.$patch === undefined).map(withoutDirectives);
  }
  const current = Array.isArray(target) ? target : [];
  const key = (item: Json): Json | undefined => keyOf(item, shape);
  let merged = current;
  for (const item of patch) {
    const index = merged.findIndex((other) => key(other) === key(item));
    if (isJsonObject(item) && item.$patch === 'delete') merged = merged.filter((other) => key(other) !== key(item));
    else if (isJsonObject(item) && item.$patch !== undefined) throw unknownDirective(item);
    else if (index < 0) merged = [...merged, strategicMergePatch(undefined, item, shape.of)];
    else merged = merged.with(index, strategicMergePatch(merged[index], item, shape.of));
  }
  return inOrder(merged, current.map(key), (Array.isArray(order) ? order : patch).map(key), key);
}

/**
 * Items of the patch stand as it orders them; the others keep their place before those that followed them. What is new comes first,
 * as the real server has it.
 */
function inOrder(merged: Json[], before: Key[], wanted: Key[], key: (item: Json) => Key): Json[] {
  const ordered = wanted.flatMap((name) => merged.filter((item) => key(item) === name));
  const others = merged.filter((item) => !wanted.includes(key(item)));
  const result: Json[] = [];
  for (const item of ordered) {
    const place = before.indexOf(key(item));
    while (others[0] !== undefined && place >= 0 && before.indexOf(key(others[0])) < place)
      result.push(...others.splice(0, 1));
    result.push(item);
  }
  return [...result, ...others];
}

type Key = Json | undefined;

function keyOf(item: Json, { mergeKey = '' }: ListShape): Key {
  if (!isJsonObject(item)) return item;
  const key = item[mergeKey];
  if (key === undefined) throw refused(`map: ${goText(item)} does not contain declared merge key: ${mergeKey}`);
  return key;
}

function unknownDirective(map: JsonObject): StatusError {
  return refused(`unknown patch type: ${goText(map.$patch)} in map: ${goText(map)}`);
}

function refused(message: string): StatusError {
  return new StatusError(500, '', message);
}

/** A value as Go prints it. */
export function goText(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (!isJsonObject(value)) return value === null || value === undefined ? '<nil>' : String(value);
  const fields = Object.keys(value).toSorted();
  return `map[${fields.map((field) => `${field}:${goText(value[field])}`).join(' ')}]`;
}

function withoutDirectives(value: Json): Json {
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([field]) => !field.startsWith('$')));
}
