// What server-side apply and strategic merge patches know about the structure of objects: which lists are merged by the keys of
// their items, which are sets, and which maps are replaced as a whole. The real server reads this from its OpenAPI schema; here it
// is found by the names of the fields, which is enough for the kinds that are served. Lists that are not named are atomic.
import type { Json, JsonObject } from './objects.js';

export type ListRule =
  | { readonly type: 'map'; readonly keys: readonly string[]; readonly patchKey: string }
  | { readonly type: 'set' }
  | { readonly type: 'atomic' };

const atomic: ListRule = { type: 'atomic' };

const keyedLists: Readonly<Record<string, readonly string[]>> = {
  'metadata.ownerReferences': ['uid'],
  '*.containers': ['name'],
  '*.initContainers': ['name'],
  '*.ephemeralContainers': ['name'],
  'containers.ports': ['containerPort', 'protocol'],
  'initContainers.ports': ['containerPort', 'protocol'],
  '*.env': ['name'],
  'spec.volumes': ['name'],
  '*.volumeMounts': ['mountPath'],
  '*.volumeDevices': ['devicePath'],
  'spec.imagePullSecrets': ['name'],
  'spec.hostAliases': ['ip'],
  'spec.topologySpreadConstraints': ['topologyKey', 'whenUnsatisfiable'],
  'spec.ports': ['port', 'protocol'],
  'status.conditions': ['type'],
  'status.podIPs': ['ip'],
};

const atomicMaps = new Set([
  'selector',
  'nodeSelector',
  'secretKeyRef',
  'configMapKeyRef',
  'fieldRef',
  'resourceFieldRef',
  'labelSelector',
  'podSelector',
  'namespaceSelector',
]);

/** path: the names of the fields on the way, without the items of lists. */
export function listRule(path: readonly string[]): ListRule {
  const name = path.at(-1) ?? '';
  const parent = path.at(-2) ?? '';
  if (parent === 'metadata' && name === 'finalizers') return { type: 'set' };
  const keys = keyedLists[`${parent}.${name}`] ?? keyedLists[`*.${name}`];
  return keys ? { type: 'map', keys, patchKey: keys[0] ?? '' } : atomic;
}

export function isAtomicMap(path: readonly string[]): boolean {
  return atomicMaps.has(path.at(-1) ?? '');
}

/** The key of an item as managedFields writes it, or the name of the key field that the item lacks. */
export function itemKey(item: JsonObject, keys: readonly string[]): { key: string } | { missing: string } {
  const values: Record<string, Json> = {};
  for (const field of keys.toSorted()) {
    const value = item[field] ?? (field === 'protocol' ? 'TCP' : undefined);
    if (value === undefined) return { missing: field };
    values[field] = value;
  }
  return { key: JSON.stringify(values) };
}
