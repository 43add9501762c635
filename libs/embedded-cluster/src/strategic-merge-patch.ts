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
  if (rule.type === 'set') return [...current, ...patch.filter((item) => !current.includes(item))];
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
  if (!order) return merged;
  const ranks = order.map(key);
  const rank = (item: Json): number => (ranks.includes(key(item)) ? ranks.indexOf(key(item)) : ranks.length);
  return merged.toSorted((a, b) => rank(a) - rank(b));
}

function withoutDirectives(value: Json): Json {
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([field]) => !field.startsWith('$')));
}
