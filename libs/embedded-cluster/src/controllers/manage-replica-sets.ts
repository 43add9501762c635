import { type JsonObject, ownerReference, type Pod, type ReplicaSet, type ReplicaSetStatus } from '../objects.js';
import type { Registry } from '../registry.js';
import { matchesLabelSelector } from '../selectors.js';
import { StatusError } from '../status-error.js';
import type { Change } from '../store.js';
import { findCondition, withCondition, withoutCondition } from './conditions.js';
import type { Controller } from './control-loop.js';
import { isActive, isReady, isTerminating, msUntilAvailable } from './pods.js';
import type { EventRecorder } from './record-event.js';

const refusedRetryMs = 1000;

/** Keeps as many pods as each ReplicaSet asks for. */
export class ManageReplicaSets implements Controller {
  readonly name = 'replicaset-controller';

  constructor(
    private readonly registry: Registry,
    private readonly events: EventRecorder,
  ) {}

  *wake({ resource, object }: Change): Iterable<string> {
    const { namespace, name, ownerReferences } = object.metadata;
    if (resource === 'replicasets') yield `${namespace}/${name}`;
    if (resource === 'resourcequotas') {
      for (const { metadata } of this.registry.store.list('replicasets', namespace)) {
        yield `${namespace}/${metadata.name}`;
      }
    }
    if (resource !== 'pods') return;
    for (const owner of ownerReferences ?? []) if (owner.kind === 'ReplicaSet') yield `${namespace}/${owner.name}`;
    if (ownerReferences?.length) return;
    for (const { metadata, spec } of this.registry.store.list('replicasets', namespace)) {
      if (matchesLabelSelector(spec.selector, object.metadata.labels ?? {})) yield `${namespace}/${metadata.name}`;
    }
  }

  reconcile(key: string): number | undefined {
    const [namespace = '', name = ''] = key.split('/');
    const { store } = this.registry;
    const set = store.get('replicasets', namespace, name);
    if (!set) return undefined;
    if (set.metadata.deletionTimestamp === undefined) this.claim(set);
    const refusal = set.metadata.deletionTimestamp === undefined ? this.fit(set) : undefined;
    const owned = store.ownedBy(set.metadata.uid, 'pods');
    const pods = owned.filter(isActive);
    const minReadySeconds = set.spec.minReadySeconds ?? 0;
    const waits = pods.map((pod) => msUntilAvailable(pod, minReadySeconds));
    const counts = {
      available: waits.filter((wait) => wait === 0).length,
      terminating: owned.filter(isTerminating).length,
    };
    const status = statusOf(set, pods, counts, refusal);
    this.registry.updateStatus('replicasets', set, status);
    const nextAvailable = waits.filter((wait) => wait !== undefined && wait > 0);
    const again = [...nextAvailable, ...(refusal ? [refusedRetryMs] : [])].map(Number);
    return again.length ? Math.min(...again) : undefined;
  }

  /** Takes over the pods that it selects and nobody owns, and lets go of those that it selects no longer. */
  private claim(set: ReplicaSet): void {
    for (const pod of this.registry.store.list('pods', set.metadata.namespace)) {
      const { ownerReferences = [], labels = {} } = pod.metadata;
      const own = ownerReferences.some(({ uid }) => uid === set.metadata.uid);
      const selected = matchesLabelSelector(set.spec.selector, labels);
      const free = !ownerReferences.some(({ controller }) => controller);
      if (own === selected || !isActive(pod) || (!own && !free)) continue;
      const owners = own
        ? ownerReferences.filter(({ uid }) => uid !== set.metadata.uid)
        : [...ownerReferences, ownerReference(set)];
      this.registry.change('pods', pod, (live) => ({
        ...live,
        metadata: { ...live.metadata, ownerReferences: owners },
      }));
    }
  }

  /** Creates or deletes pods; returns the refusal of the server when it takes no more. */
  private fit(set: ReplicaSet): StatusError | undefined {
    const { namespace } = set.metadata;
    const wanted = set.spec.replicas ?? 1;
    const active = this.registry.store.ownedBy(set.metadata.uid, 'pods').filter(isActive);
    for (let missing = wanted - active.length; missing > 0; missing -= 1) {
      try {
        const pod = this.registry.create('pods', namespace, podOf(set));
        const message = `Created pod: ${pod.metadata.name}`;
        this.events.record('replicaset-controller', set, { type: 'Normal', reason: 'SuccessfulCreate', message });
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        const message = `Error creating: ${error.message}`;
        this.events.record('replicaset-controller', set, { type: 'Warning', reason: 'FailedCreate', message });
        return error;
      }
    }
    for (const pod of active.toSorted(byWorth).slice(0, Math.max(0, active.length - wanted))) {
      this.registry.delete('pods', namespace, pod.metadata.name);
      const message = `Deleted pod: ${pod.metadata.name}`;
      this.events.record('replicaset-controller', set, { type: 'Normal', reason: 'SuccessfulDelete', message });
    }
    return undefined;
  }
}

function podOf(set: ReplicaSet): JsonObject {
  const { metadata, spec } = set.spec.template;
  const generateName = `${set.metadata.name}-`;
  return { metadata: { ...metadata, generateName, ownerReferences: [ownerReference(set)] }, spec };
}

/** The pods to lose first: not assigned, not ready, youngest. */
function byWorth(a: Pod, b: Pod): number {
  const worth = (pod: Pod): number => (pod.spec.nodeName ? 1 : 0) + (isReady(pod) ? 2 : 0);
  return worth(a) - worth(b) || (a.metadata.creationTimestamp > b.metadata.creationTimestamp ? -1 : 1);
}

function statusOf(
  set: ReplicaSet,
  pods: readonly Pod[],
  { available, terminating }: { available: number; terminating: number },
  refusal: StatusError | undefined,
): ReplicaSetStatus {
  const ready = pods.filter(isReady).length;
  // The first refusal stays: the next ones differ by nothing but the name of the pod that was not created.
  const failing = findCondition(set.status?.conditions, 'ReplicaFailure') !== undefined;
  const conditions = !refusal
    ? withoutCondition(set.status?.conditions, 'ReplicaFailure')
    : failing
      ? set.status?.conditions
      : withCondition(set.status?.conditions, {
          type: 'ReplicaFailure',
          status: 'True',
          reason: 'FailedCreate',
          message: refusal.message,
        });
  return {
    replicas: pods.length,
    ...(pods.length ? { fullyLabeledReplicas: pods.length } : {}),
    ...(ready ? { readyReplicas: ready } : {}),
    ...(available ? { availableReplicas: available } : {}),
    terminatingReplicas: terminating,
    ...(set.metadata.generation !== undefined ? { observedGeneration: set.metadata.generation } : {}),
    ...(conditions?.length ? { conditions } : {}),
  };
}
