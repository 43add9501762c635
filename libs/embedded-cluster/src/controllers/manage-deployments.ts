import { createHash } from 'node:crypto';

import { type Deployment, type JsonObject, ownerReference, type PodTemplate, type ReplicaSet } from '../objects.js';
import type { Registry } from '../registry.js';
import { matchesLabelSelector } from '../selectors.js';
import type { Change } from '../store.js';
import type { Controller } from './control-loop.js';
import { currentSet, deploymentStatus, hashLabel, msUntilDeadline } from './deployment-status.js';
import { isEnded } from './pods.js';
import type { EventRecorder } from './record-event.js';
import { firstSize, rollingLimits, rollingSteps } from './rolling-update.js';

const revisionAnnotation = 'deployment.kubernetes.io/revision';
const historyAnnotation = 'deployment.kubernetes.io/revision-history';
const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas';
const maxAnnotation = 'deployment.kubernetes.io/max-replicas';
/** Of the Deployment's annotations its ReplicaSets carry all but these. */
const ownAnnotations: readonly string[] = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maxAnnotation,
];

/** Rolls Deployments out through one ReplicaSet per pod template. */
export class ManageDeployments implements Controller {
  readonly name = 'deployment-controller';

  constructor(
    private readonly registry: Registry,
    private readonly events: EventRecorder,
  ) {}

  *wake({ resource, object }: Change): Iterable<string> {
    const { namespace, name, ownerReferences } = object.metadata;
    if (resource === 'deployments') yield `${namespace}/${name}`;
    if (resource === 'replicasets') {
      for (const owner of ownerReferences ?? []) if (owner.kind === 'Deployment') yield `${namespace}/${owner.name}`;
    }
    // A recreated Deployment waits for the last old pod, whose end no ReplicaSet status tells.
    if (resource === 'pods') {
      for (const owner of ownerReferences ?? []) {
        const set = this.registry.store.findByUid(owner.uid)?.object;
        for (const { kind, name: deployment } of set?.metadata.ownerReferences ?? []) {
          if (kind === 'Deployment') yield `${namespace}/${deployment}`;
        }
      }
    }
  }

  reconcile(key: string): number | undefined {
    const [namespace = '', name = ''] = key.split('/');
    const deployment = this.registry.store.get('deployments', namespace, name);
    if (!deployment) return undefined;
    const uid = deployment.metadata.uid;
    let created: ReplicaSet | undefined;
    if (deployment.metadata.deletionTimestamp === undefined) {
      this.adopt(deployment);
      if (deployment.spec.paused) this.scalePaused(deployment);
      else created = this.rollOut(deployment);
      this.dropOldSets(deployment);
    }
    const sets = this.registry.store.ownedBy(uid, 'replicasets');
    const current = this.registry.store.get('deployments', namespace, name);
    if (!current) return undefined;
    const status = deploymentStatus(current, sets, created);
    this.registry.updateStatus('deployments', current, status);
    return msUntilDeadline(current, status);
  }

  /** Takes the next steps of the roll-out; returns the ReplicaSet if one had to be made. */
  private rollOut(deployment: Deployment): ReplicaSet | undefined {
    const existing = currentSet(deployment, this.sets(deployment));
    const recreate = deployment.spec.strategy?.type === 'Recreate';
    if (recreate) {
      const old = this.sets(deployment).filter((set) => set !== existing);
      for (const set of old) this.scale(deployment, set, 0);
      const left = old.some((set) =>
        this.registry.store.ownedBy(set.metadata.uid, 'pods').some((pod) => !isEnded(pod)),
      );
      if (left) return undefined;
    }
    const sets = this.sets(deployment);
    const created = existing ? undefined : this.createSet(deployment, firstSize(deployment, sets));
    this.markRevision(deployment);
    const current = currentSet(deployment, this.sets(deployment));
    if (!current) return created;
    if (recreate) this.scale(deployment, current, deployment.spec.replicas ?? 1);
    else {
      for (const { set, replicas } of rollingSteps(deployment, current, this.sets(deployment))) {
        this.scale(deployment, set, replicas);
      }
    }
    return created;
  }

  /** Takes over what an orphaning deletion of its predecessor left behind. */
  private adopt(deployment: Deployment): void {
    for (const set of this.registry.store.list('replicasets', deployment.metadata.namespace)) {
      const { ownerReferences, labels = {}, deletionTimestamp } = set.metadata;
      if (ownerReferences?.length || deletionTimestamp !== undefined) continue;
      if (!matchesLabelSelector(deployment.spec.selector, labels)) continue;
      this.registry.change('replicasets', set, (live) => ({
        ...live,
        metadata: { ...live.metadata, ownerReferences: [ownerReference(deployment)] },
      }));
    }
  }

  private sets(deployment: Deployment): ReplicaSet[] {
    return this.registry.store.ownedBy(deployment.metadata.uid, 'replicasets');
  }

  /** A paused Deployment keeps its revisions, but the number of its pods still follows. */
  private scalePaused(deployment: Deployment): void {
    const active = this.sets(deployment).filter((set) => (set.spec.replicas ?? 0) > 0);
    const [only] = active.length ? active : this.sets(deployment).toSorted((a, b) => revisionOf(b) - revisionOf(a));
    if (only && active.length <= 1) this.scale(deployment, only, deployment.spec.replicas ?? 1);
  }

  private createSet(deployment: Deployment, replicas: number): ReplicaSet {
    const hash = templateHash(deployment.spec.template);
    const labels = { ...deployment.spec.template.metadata?.labels, [hashLabel]: hash };
    const name = `${deployment.metadata.name}-${hash}`;
    const { template, selector, minReadySeconds } = deployment.spec;
    const body: JsonObject = {
      metadata: {
        name,
        labels,
        annotations: { ...copiedAnnotations(deployment), ...sizeAnnotations(deployment) },
        ownerReferences: [ownerReference(deployment)],
      },
      spec: {
        replicas,
        ...(minReadySeconds !== undefined ? { minReadySeconds } : {}),
        selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    };
    const created = this.registry.create('replicasets', deployment.metadata.namespace, body) as ReplicaSet;
    if (replicas > 0) this.tellOfScaling(deployment, created, 0, replicas);
    return created;
  }

  /** The revision counts templates: going back to an old one makes it the newest again. */
  private markRevision(deployment: Deployment): void {
    const sets = this.sets(deployment);
    const current = currentSet(deployment, sets);
    if (!current) return;
    const newestOther = Math.max(0, ...sets.filter((set) => set !== current).map(revisionOf));
    const before = revisionOf(current);
    const revision = before > newestOther ? before : newestOther + 1;
    const history = [current.metadata.annotations?.[historyAnnotation], before > 0 ? String(before) : undefined];
    const earlier: Record<string, string> =
      before > 0 && before !== revision ? { [historyAnnotation]: history.filter(Boolean).join(',') } : {};
    const minReadySeconds = deployment.spec.minReadySeconds;
    this.registry.change('replicasets', current, (set) => ({
      ...set,
      metadata: {
        ...set.metadata,
        annotations: {
          ...set.metadata.annotations,
          ...copiedAnnotations(deployment),
          ...earlier,
          [revisionAnnotation]: String(revision),
        },
      },
      spec: { ...set.spec, ...(minReadySeconds !== undefined ? { minReadySeconds } : {}) },
    }));
    this.registry.change('deployments', deployment, (object) => ({
      ...object,
      metadata: {
        ...object.metadata,
        annotations: { ...object.metadata.annotations, [revisionAnnotation]: String(revision) },
      },
    }));
  }

  private scale(deployment: Deployment, set: ReplicaSet, replicas: number): void {
    const before = set.spec.replicas ?? 0;
    if (before === replicas) return;
    this.registry.change('replicasets', set, (live) => ({
      ...live,
      metadata: { ...live.metadata, annotations: { ...live.metadata.annotations, ...sizeAnnotations(deployment) } },
      spec: { ...live.spec, replicas },
    }));
    this.tellOfScaling(deployment, set, before, replicas);
  }

  private tellOfScaling(deployment: Deployment, { metadata }: ReplicaSet, before: number, after: number): void {
    const way = after > before ? 'up' : 'down';
    this.events.record('deployment-controller', deployment, {
      type: 'Normal',
      reason: 'ScalingReplicaSet',
      message: `Scaled ${way} replica set ${metadata.name} from ${before} to ${after}`,
    });
  }

  private dropOldSets(deployment: Deployment): void {
    const current = currentSet(deployment, this.sets(deployment));
    const empty = this.sets(deployment)
      .filter((set) => set !== current && set.spec.replicas === 0 && (set.status?.replicas ?? 0) === 0)
      .toSorted((a, b) => revisionOf(b) - revisionOf(a));
    for (const set of empty.slice(deployment.spec.revisionHistoryLimit ?? 10)) {
      this.registry.delete('replicasets', set.metadata.namespace, set.metadata.name);
    }
  }
}

function revisionOf(set: ReplicaSet): number {
  return Number(set.metadata.annotations?.[revisionAnnotation] ?? 0);
}

function copiedAnnotations(deployment: Deployment): Record<string, string> {
  const entries = Object.entries(deployment.metadata.annotations ?? {});
  return Object.fromEntries(entries.filter(([name]) => !ownAnnotations.includes(name)));
}

/** The sizes that the ReplicaSet was last given, from which a later controller sees that the Deployment was scaled since. */
function sizeAnnotations(deployment: Deployment): Record<string, string> {
  const wanted = deployment.spec.replicas ?? 1;
  return {
    [desiredAnnotation]: String(wanted),
    [maxAnnotation]: String(wanted + rollingLimits(deployment).maxSurge),
  };
}

const hashLetters = 'bcdfghjklmnpqrstvwxz2456789';

function templateHash(template: PodTemplate): string {
  const digest = createHash('sha256')
    .update(JSON.stringify(sortKeys(template)))
    .digest();
  return [...digest.subarray(0, 10)].map((byte) => hashLetters[byte % hashLetters.length]).join('');
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, part]) => [key, sortKeys(part)]));
}
