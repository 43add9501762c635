import { listRule } from './list-rules.js';
import { isJsonObject, type Json, type JsonObject } from './objects.js';

const setPrefix = '$setElementOrder/';
const deletePrefix = '$deleteFromPrimitiveList/';

/** Kubernetes' strategic merge patch: a merge patch whose keyed lists are merged item by item. */
export function strategicMergePatch(target: Json | undefined, patch: Json, names: readonly string[] = []): Json {
  if (!isJsonObject(patch)) return patch;
  if (patch.$patch === 'replace') return withoutDirectives(patch);
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
    } else if (field.startsWith('$') || value === undefined) continue;
    else if (value === null) delete merged[field];
    else {
      const path = [...names, field];
      const order = patch[setPrefix + field];
      merged[field] = Array.isArray(value)
        ? mergeList(merged[field], value, Array.isArray(order) ? order : undefined, path)
        : strategicMergePatch(merged[field], value, path);
    }
  }
  return merged;
}

function mergeList(target: Json | undefined, patch: Json[], order: Json[] | undefined, path: readonly string[]): Json {
  const rule = listRule(path);
  const current = Array.isArray(target) ? target : [];
  if (rule.type === 'set')
    return inOrder([...new Set([...current, ...patch])], order ?? patch, current, (item) => item);
  if (rule.type === 'atomic' || patch.some((item) => isJsonObject(item) && item.$patch === 'replace')) {
    return patch.filter((item) => !isJsonObject(item) || item.$patch === undefined).map(withoutDirectives);
  }
  const key = (item: Json): Json | undefined => (isJsonObject(item) ? item[rule.patchKey] : undefined);
  let merged = current;
  for (const item of patch) {
    const index = merged.findIndex((other) => key(other) === key(item));
    if (isJsonObject(item) && item.$patch === 'delete') merged = merged.filter((other) => key(other) !== key(item));
    else if (index < 0) merged = [...merged, strategicMergePatch(undefined, item, path)];
    else merged = merged.with(index, strategicMergePatch(merged[index], item, path));
  }
  return inOrder(merged, order ?? patch, current, key);
}

/**
 * The items that the patch names in its order, and those that only the server knows among them: before an item that followed them, else
 * at the end.
 */
function inOrder(merged: Json[], order: Json[], current: Json[], key: (item: Json) => Json | undefined): Json[] {
  const named = order
    .map((item) => merged.find((other) => key(other) === key(item)))
    .filter((item) => item !== undefined);
  const others = merged.filter((item) => !named.includes(item));
  const place = (item: Json): number => current.findIndex((other) => key(other) === key(item));
  const result: Json[] = [];
  for (const item of named) {
    const before = others.findIndex((other) => place(item) < 0 || place(other) < 0 || place(other) > place(item));
    result.push(...others.splice(0, before < 0 ? others.length : before), item);
  }
  return [...result, ...others];
}

function withoutDirectives(value: Json): Json {
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([field]) => !field.startsWith('$')));
}
