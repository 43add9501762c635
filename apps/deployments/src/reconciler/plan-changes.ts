// Owns which writes a pass needs. Pure. A server-side apply of an equal object stores nothing, yet it is a request that the
// cluster must work on; thousands of Apps that rest are to cost reads only.
import { isDeepStrictEqual } from 'node:util';

import { isKind, type KubeObject, type ObjectRef } from '@slipway/cluster';
import { billionths } from '@slipway/contracts';

import { APPLIED } from './desired-objects.js';

/** What of `desired` is missing in the cluster or differs there. */
export function toApply(desired: readonly KubeObject[], live: readonly KubeObject[]): KubeObject[] {
  return desired.filter((object) => {
    const found = live.find((one) => isSame(one, object));
    return (
      !found ||
      found.metadata.annotations?.[APPLIED] !== object.metadata.annotations?.[APPLIED] ||
      !holds(found, object)
    );
  });
}

/** What of `live` is wanted no more. A Secret of an older Revision stays as long as pods may be started that read it. */
export function toPrune(
  desired: readonly KubeObject[],
  live: readonly KubeObject[],
  secretsInUse: ReadonlySet<string>,
): (ObjectRef & { uid?: string })[] {
  return live.flatMap((object) => {
    const { kind, metadata } = object;
    const wanted =
      desired.some((one) => isSame(one, object)) ||
      metadata.deletionTimestamp !== undefined ||
      (kind === 'Secret' && secretsInUse.has(metadata.name));
    return wanted || !isKind(kind)
      ? []
      : [{ kind, namespace: metadata.namespace, name: metadata.name, uid: metadata.uid }];
  });
}

function isSame(one: KubeObject, other: KubeObject): boolean {
  return one.kind === other.kind && one.metadata.name === other.metadata.name;
}

/** Whether `live` has every field of `desired`. What others added is theirs; what we no longer name shows in the hash. */
function holds(live: unknown, desired: unknown): boolean {
  if (Array.isArray(desired)) {
    // The wire leaves out what is empty.
    return Array.isArray(live) ? holdsItems(live, desired) : live === undefined && desired.length === 0;
  }
  if (typeof desired === 'object' && desired !== null) {
    if (typeof live !== 'object' || live === null) return false;
    const fields = live as Record<string, unknown>;
    return Object.entries(desired).every(([key, value]) => {
      if (QUANTITIES.has(key)) return holdsQuantities(fields[key], value);
      if (EXACT.has(key)) return isDeepStrictEqual(fields[key], value);
      return value === undefined || holds(fields[key], value);
    });
  }
  // The wire leaves out what is false.
  return live === desired || (desired === false && live === undefined);
}

// Lists whose items have names are merged by them, so that others may add to them; the rest are ours as a whole.
function holdsItems(live: readonly unknown[], desired: readonly unknown[]): boolean {
  if (desired.length === 0 || !desired.every(nameOf))
    return live.length === desired.length && desired.every((item, index) => holds(live[index], item));
  return desired.every((item) =>
    holds(
      live.find((one) => nameOf(one) === nameOf(item)),
      item,
    ),
  );
}

function nameOf(item: unknown): unknown {
  return typeof item === 'object' && item !== null && 'name' in item ? item.name : undefined;
}

// An added label selects other objects, and an added subject has the role too.
const EXACT = new Set(['selector', 'podSelector', 'namespaceSelector', 'subjects']);

// The cluster answers quantities in a form of its own: `1000m` comes back as `1`.
const QUANTITIES = new Set(['requests', 'limits', 'hard']);

function holdsQuantities(live: unknown, desired: unknown): boolean {
  if (typeof live !== 'object' || live === null || typeof desired !== 'object' || desired === null) return false;
  const found = live as Record<string, unknown>;
  return Object.entries(desired as Record<string, string>).every(([name, value]) => {
    const quantity = found[name];
    // The wire may carry a whole quantity as a number.
    return (
      (typeof quantity === 'string' || typeof quantity === 'number') && billionths(`${quantity}`) === billionths(value)
    );
  });
}
