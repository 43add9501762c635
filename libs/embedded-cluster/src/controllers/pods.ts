import type { Pod } from '../objects.js';
import { findCondition } from './conditions.js';

export function isReady(pod: Pod): boolean {
  return findCondition(pod.status?.conditions, 'Ready')?.status === 'True';
}

/** Neither ended nor being deleted. */
export function isActive(pod: Pod): boolean {
  return !isEnded(pod) && pod.metadata.deletionTimestamp === undefined;
}

/** Being deleted, and not yet ended. */
export function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined && !isEnded(pod);
}

export function isEnded(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** How many milliseconds a pod lacks until it has been ready for long enough; 0 when it has, undefined when it is not ready. */
export function msUntilAvailable(pod: Pod, minReadySeconds: number): number | undefined {
  const ready = findCondition(pod.status?.conditions, 'Ready');
  if (ready?.status !== 'True' || pod.metadata.deletionTimestamp !== undefined) return undefined;
  if (minReadySeconds === 0) return 0;
  const since = Date.parse(ready.lastTransitionTime ?? '');
  return Math.max(0, since + minReadySeconds * 1000 - Date.now());
}
