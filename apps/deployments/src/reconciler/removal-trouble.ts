// Owns why the removal of an App has not ended: which objects somebody holds by a finalizer, and what the cluster says of the namespace.
// Pure.
import type { KubeObject, V1Namespace } from '@slipway/cluster';

import type { Trouble } from './next-step.js';

/** The cluster's word for it, which it says of namespaces alone. */
const FINALIZERS_REMAIN = 'SomeFinalizersRemain';

/**
 * Nothing while the removal has no more to wait for than its own time.
 * @param left what is still there. It is looked at because the cluster says of a namespace that waits for a pod that nothing is left in it.
 */
export function removalTrouble(left: readonly KubeObject[], namespace?: V1Namespace): Trouble | undefined {
  const conditions = (namespace?.status?.conditions ?? []).filter(({ status }) => status === 'True');
  const isEmpty = left.length === 0 && conditions.length === 0;
  const held = [...left, ...(namespace && isEmpty ? [namespace] : [])].flatMap(finalizersOf);
  const said = conditions.map(({ message = '' }) => message).filter((message) => message !== '');
  const reason = held.length > 0 ? FINALIZERS_REMAIN : (conditions.find(isFinalizers) ?? conditions[0])?.reason;
  return reason === undefined ? undefined : { reason, message: [...held, ...said].join('; ') };
}

function isFinalizers({ reason }: { reason?: string }): boolean {
  return reason === FINALIZERS_REMAIN;
}

function finalizersOf({ kind, metadata }: KubeObject): string[] {
  if (metadata.deletionTimestamp === undefined) return [];
  return (metadata.finalizers ?? []).map(
    (finalizer) => `the ${kind} "${metadata.name}" has the finalizer ${finalizer}`,
  );
}
