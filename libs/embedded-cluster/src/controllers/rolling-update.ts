// The arithmetic of a rolling update, pure: from the ReplicaSets as they are to the sizes that they get next.
import type { Deployment, ReplicaSet } from '../objects.js';

export interface Step {
  readonly set: ReplicaSet;
  readonly replicas: number;
}

/** How far a roll-out may go above and below the wanted number. Both zero would stand still for ever, so one may be missing then. */
export function rollingLimits(deployment: Deployment): { maxSurge: number; maxUnavailable: number } {
  const replicas = deployment.spec.replicas ?? 1;
  const { type, rollingUpdate = {} } = deployment.spec.strategy ?? {};
  if (type === 'Recreate') return { maxSurge: 0, maxUnavailable: 0 };
  const resolve = (value: number | string, round: (number: number) => number): number =>
    typeof value === 'string' && value.endsWith('%')
      ? round((Number.parseInt(value, 10) * replicas) / 100)
      : Number(value);
  const maxSurge = resolve(rollingUpdate.maxSurge ?? '25%', Math.ceil);
  const maxUnavailable = Math.min(resolve(rollingUpdate.maxUnavailable ?? '25%', Math.floor), replicas);
  return maxSurge === 0 && maxUnavailable === 0 ? { maxSurge, maxUnavailable: 1 } : { maxSurge, maxUnavailable };
}

/** With how many pods the ReplicaSet of a new template begins. */
export function firstSize(deployment: Deployment, others: readonly ReplicaSet[]): number {
  const wanted = deployment.spec.replicas ?? 1;
  if (deployment.spec.strategy?.type === 'Recreate') return wanted;
  const total = others.reduce((sum, set) => sum + (set.spec.replicas ?? 0), 0);
  return growCurrent(0, wanted, wanted + rollingLimits(deployment).maxSurge - total);
}

/** Grows the current set as far as the surge allows; when it cannot grow, shrinks the old ones as far as availability allows. */
export function rollingSteps(deployment: Deployment, current: ReplicaSet, sets: readonly ReplicaSet[]): Step[] {
  const wanted = deployment.spec.replicas ?? 1;
  const { maxSurge, maxUnavailable } = rollingLimits(deployment);
  const size = (set: ReplicaSet): number => set.spec.replicas ?? 0;
  const total = sets.reduce((sum, set) => sum + size(set), 0);
  const grown = growCurrent(size(current), wanted, wanted + maxSurge - total);
  if (grown !== size(current)) return [{ set: current, replicas: grown }];

  const available = (set: ReplicaSet): number => set.status?.availableReplicas ?? 0;
  const minAvailable = wanted - maxUnavailable;
  const currentUnavailable = Math.max(0, size(current) - available(current));
  let removable = total - minAvailable - currentUnavailable;
  const old = sets
    .filter((set) => set !== current && size(set) > 0)
    .toSorted((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1));
  const sizes = new Map(old.map((set) => [set, size(set)]));
  const shrink = (set: ReplicaSet, by: number): number => {
    const count = Math.max(0, Math.min(by, sizes.get(set) ?? 0));
    sizes.set(set, (sizes.get(set) ?? 0) - count);
    return count;
  };
  // Old pods that serve nobody go first; they cost no availability.
  for (const set of old) removable -= shrink(set, Math.min(removable, size(set) - available(set)));
  const totalAvailable = sets.reduce((sum, set) => sum + available(set), 0);
  let spare = Math.min(removable, totalAvailable - minAvailable);
  for (const set of old) spare -= shrink(set, spare);
  return [...sizes].filter(([set, replicas]) => replicas !== size(set)).map(([set, replicas]) => ({ set, replicas }));
}

function growCurrent(current: number, wanted: number, room: number): number {
  if (current >= wanted) return wanted;
  return current + Math.max(0, Math.min(wanted - current, room));
}
