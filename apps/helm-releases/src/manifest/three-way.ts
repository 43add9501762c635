// What an object becomes when its manifest changes: fields that only the old manifest has go, whoever manages them; those of the new one are
// set; what neither names stays as it is in the cluster. Lists of objects are merged by the keys that Kubernetes declares for its own kinds.
// https://kubernetes.io/docs/tasks/manage-kubernetes-objects/declarative-config/#merge-patch-calculation
import { isJson, type Json } from '../release/release-record.js';

/** https://kubernetes.io/docs/reference/generated/kubernetes-api/, `patch merge key`, by the name of the list. */
const MERGE_KEYS: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  volumes: ['name'],
  env: ['name'],
  imagePullSecrets: ['name'],
  secrets: ['name'],
  resourceClaims: ['name'],
  volumeMounts: ['mountPath'],
  volumeDevices: ['devicePath'],
  hostAliases: ['ip'],
  topologySpreadConstraints: ['topologyKey'],
  ownerReferences: ['uid'],
  conditions: ['type'],
  // Of a container, and of a Service.
  ports: ['containerPort', 'port'],
};
/** Lists of texts that are merged as sets. */
const SETS = new Set(['finalizers']);
const BUILT_IN = /^(?:[a-z0-9]+|(?:apps|batch|autoscaling|policy|extensions|[a-z0-9.-]+\.k8s\.io)\/[a-z0-9]+)$/;

/** @param live as the cluster has it; it is not changed */
export function threeWay(original: Json, modified: Json, live: Json): Json {
  const apiVersion = String(modified['apiVersion']);
  return mergeObjects(original, modified, live, BUILT_IN.test(apiVersion));
}

function mergeObjects(original: Json, modified: Json, live: Json, byKeys: boolean): Json {
  const merged: Json = { ...live };
  for (const name of Object.keys(original)) if (!isGiven(modified[name])) delete merged[name];
  for (const [name, value] of Object.entries(modified)) {
    if (!isGiven(value)) continue;
    merged[name] = mergeValues(name, original[name], value, live[name], byKeys);
  }
  return merged;
}

function mergeValues(name: string, original: unknown, modified: unknown, live: unknown, byKeys: boolean): unknown {
  if (isJson(modified) && isJson(live)) return mergeObjects(isJson(original) ? original : {}, modified, live, byKeys);
  if (!byKeys || !Array.isArray(modified) || !Array.isArray(live)) return modified;
  const before: unknown[] = Array.isArray(original) ? original : [];
  if (SETS.has(name)) return mergeSets(before, modified, live);
  const key = MERGE_KEYS[name]?.find((one) => [before, modified, live].every((list) => isKeyed(list, one)));
  return key === undefined ? modified : mergeLists(key, before as Json[], modified as Json[], live as Json[]);
}

/** In the order of the new manifest; what others have added comes after it. */
function mergeLists(key: string, original: Json[], modified: Json[], live: Json[]): Json[] {
  const of = (list: readonly Json[], value: unknown): Json | undefined => list.find((one) => one[key] === value);
  const ours = modified.map((one) => {
    const known = of(live, one[key]);
    return known ? mergeObjects(of(original, one[key]) ?? {}, one, known, true) : one;
  });
  const others = live.filter((one) => !of(modified, one[key]) && !of(original, one[key]));
  return [...ours, ...others];
}

function mergeSets(original: unknown[], modified: unknown[], live: unknown[]): unknown[] {
  return [...new Set([...live.filter((one) => !original.includes(one)), ...modified])];
}

/** Whether a list of objects can be merged: each has the key, and none has another's. */
function isKeyed(list: readonly unknown[], key: string): boolean {
  const values = list.map((one) => (isJson(one) ? one[key] : undefined));
  return values.every(isGiven) && new Set(values).size === values.length;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
