// Owns making a cluster follow the record of one App: read, plan, apply, prune. It takes no hint of what changed, so the first
// deployment, an update, a repair of drift and the pass after a crash are one path. It never adopts or deletes a namespace that
// does not carry our label.
import { setTimeout as delay } from 'node:timers/promises';

import { failpoint } from '@slipway/runtime';
import {
  type Cluster,
  ClusterError,
  type Kind,
  type KubeObject,
  type V1Deployment,
  type V1ReplicaSet,
  type V1Pod,
  type V1PodSpec,
} from '@slipway/cluster';

import {
  appObjects,
  type AppRecord,
  environmentInstance,
  environmentObjects,
  INSTANCE,
  MANAGED_BY,
  type Rendering,
} from './desired-objects.js';
import type { Trouble } from './next-step.js';
import type { Seen } from './observed-status.js';
import { toApply, toPrune } from './plan-changes.js';
import { removalTrouble } from './removal-trouble.js';

const BINDING_MS = 5_000;
const BINDING_LOOK_MS = 20;

/** The kinds that an App owns in its namespace, so that what is wanted no more can be found. */
const OWNED = ['Secret', 'Deployment', 'Service', 'Ingress'] as const;
/** What of it is looked for while it goes, but for Secrets, which need a right of their own. */
const LISTED = ['Deployment', 'Service', 'Ingress', 'ReplicaSet', 'Pod'] as const;

/** What is known of our objects without asking the cluster; Secrets are not among them. */
export interface Known {
  of(instance: string): readonly KubeObject[];
}

export interface Converged {
  readonly seen: Seen;
  /** The Ingress is there as wanted. */
  readonly routed: boolean;
  /** Nothing may be done here: the namespace belongs to somebody else. */
  readonly conflict?: Trouble;
  /** What kept the cluster from taking a write; the pass is to be repeated. */
  readonly failure?: ClusterError;
}

/** Thrown instead of a write by a pass whose lease is gone. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

/**
 * One pass. `mayWrite` is asked before each write. Throws ClusterError when the cluster cannot be read; what it refuses to write is told in the answer, beside what was seen.
 */
export async function convergeApp(
  cluster: Cluster,
  app: AppRecord,
  rendering: Rendering,
  known: Known,
  mayWrite: () => boolean,
): Promise<Converged> {
  const { namespace: name } = app.environment;
  const instance = environmentInstance(app);
  // Only our own namespaces are known: one that is not may be somebody else's, and be there all the same.
  const namespace =
    known.of(instance).find((object) => object.kind === 'Namespace' && object.metadata.name === name) ??
    (await cluster.get({ kind: 'Namespace', name }));
  if (namespace && !isOurs(namespace, instance)) {
    const message = `The namespace "${name}" exists and was not made for this app; remove it, or delete the app`;
    return {
      seen: { deployment: undefined, pods: [] },
      routed: false,
      conflict: { reason: 'NamespaceConflict', message },
    };
  }
  const told = namespace ? objectsIn(name, [app.id, instance], known) : [];
  const pods = told.filter(isPod);
  let deployment = told.find(isDeployment);
  // The right to read the Secrets of a namespace goes with the objects in it.
  if (namespace?.metadata.deletionTimestamp !== undefined) {
    return { seen: { deployment, pods }, routed: false, failure: terminating(name) };
  }

  const live = namespace ? [namespace, ...told, ...(await readSecrets(cluster, app, rendering, told))] : [];
  const desired = [...environmentObjects(app, rendering), ...appObjects(app, rendering)];
  try {
    for (const object of toApply(desired, live)) {
      await failpoint('reconcile.between-objects');
      mayStill(mayWrite);
      const applied = await cluster.apply(object);
      if (isDeployment(applied)) deployment = applied;
      if (applied.kind === 'RoleBinding') await untilSecretsAreOurs(cluster, name);
    }
    const owned = live.filter(({ kind }) => OWNED.some((one) => one === kind));
    for (const { uid, ...ref } of toPrune(desired, owned, secretsInUse(live))) {
      await failpoint('reconcile.before-prune');
      mayStill(mayWrite);
      await cluster.delete(ref, { uid });
    }
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return { seen: { deployment, pods }, routed: false, failure: error };
  }
  return {
    seen: { deployment, pods },
    routed: desired.some(({ kind, metadata }) => kind === 'Ingress' && metadata.name === app.name),
  };
}

export interface Removal {
  /** `kept`: its namespace is not ours, and nothing in it was touched. */
  readonly outcome: 'removing' | 'removed' | 'kept';
  /** What a removal waits for, beside its own time. */
  readonly trouble?: Trouble;
}

/** Takes an App out of its cluster, a step each time. */
export async function removeApp(
  cluster: Cluster,
  app: AppRecord,
  rendering: Rendering,
  mayWrite: () => boolean,
): Promise<Removal> {
  const { namespace: name, kind } = app.environment;
  const namespace = await cluster.get({ kind: 'Namespace', name });
  if (!namespace) return { outcome: 'removed' };
  if (!isOurs(namespace, environmentInstance(app))) return { outcome: 'kept' };
  if (kind === 'dedicated') {
    if (namespace.metadata.deletionTimestamp === undefined) {
      mayStill(mayWrite);
      await cluster.delete({ kind: 'Namespace', name }, { uid: namespace.metadata.uid });
      return { outcome: 'removing' };
    }
    // Secrets are not among them: the right to read them may have gone with the namespace's other objects.
    const left = await listAll(cluster, LISTED, { namespace: name });
    return { outcome: 'removing', trouble: removalTrouble(left, namespace) };
  }
  // Without it the Secrets could not be found.
  const binding = environmentObjects(app, rendering).find((object) => object.kind === 'RoleBinding');
  if (binding && !(await cluster.get({ kind: 'RoleBinding', namespace: name, name: binding.metadata.name }))) {
    mayStill(mayWrite);
    await cluster.apply(binding);
    await untilSecretsAreOurs(cluster, name);
  }
  const selector = { namespace: name, labelSelector: selectorOf(app.id) };
  const left = await listAll(cluster, [...OWNED, 'ReplicaSet', 'Pod'], selector);
  if (left.length === 0) return { outcome: 'removed' };
  mayStill(mayWrite);
  await cluster.prune({ ...selector, kinds: OWNED, keep: [] });
  return { outcome: 'removing', trouble: removalTrouble(left) };
}

async function listAll(
  cluster: Cluster,
  kinds: readonly Kind[],
  selector: { namespace: string; labelSelector?: string },
): Promise<KubeObject[]> {
  const lists = await Promise.all(kinds.map((kind) => cluster.list(kind, selector)));
  return lists.flat();
}

/** Right before a write: a pass that was paused may have lost its lease. @throws LeaseLostError */
function mayStill(mayWrite: () => boolean): void {
  if (!mayWrite()) throw new LeaseLostError('another replica reconciles now');
}

/** As the watches told, which leave Secrets out. */
function objectsIn(namespace: string, instances: readonly string[], known: Known): KubeObject[] {
  return [...new Set(instances)]
    .flatMap((instance) => known.of(instance))
    .filter(({ metadata }) => metadata.namespace === namespace);
}

/** None where Slipway is not allowed to see them yet: they come last, after the binding of the role that allows it. */
async function readSecrets(
  cluster: Cluster,
  { id, environment: { namespace } }: AppRecord,
  { access }: Rendering,
  told: readonly KubeObject[],
): Promise<KubeObject[]> {
  const bound = told.some(({ kind, metadata }) => kind === 'RoleBinding' && metadata.name === access?.role);
  return access && !bound ? [] : cluster.list('Secret', { namespace, labelSelector: selectorOf(id) });
}

// A cluster follows a new RoleBinding a moment after it has stored it. Past the deadline the cluster's own refusal tells more.
async function untilSecretsAreOurs(cluster: Cluster, namespace: string): Promise<void> {
  const deadline = performance.now() + BINDING_MS;
  while (!(await cluster.mayI({ verb: 'list', kind: 'Secret', namespace })) && performance.now() < deadline) {
    await delay(BINDING_LOOK_MS);
  }
}

/** Names of Secrets that pods read, or may soon: a ReplicaSet that has or wants pods may start another one at any time. */
function secretsInUse(live: readonly KubeObject[]): Set<string> {
  const starting = live
    .filter(isReplicaSet)
    .filter(({ spec, status }) => (spec?.replicas ?? 1) > 0 || (status?.replicas ?? 0) > 0);
  const specs = [...live.filter(isPod).map(({ spec }) => spec), ...starting.map(({ spec }) => spec?.template?.spec)];
  return new Set(specs.flatMap((spec) => (spec ? secretsOf(spec) : [])));
}

function secretsOf(spec: V1PodSpec): string[] {
  return spec.containers.flatMap(({ envFrom }) => (envFrom ?? []).flatMap(({ secretRef }) => secretRef?.name ?? []));
}

/** Every object of an App carries it. */
export function selectorOf(id: string): string {
  return `${MANAGED_BY}=slipway,${INSTANCE}=${id}`;
}

/** Also where somebody took the other labels: the id is nobody else's, and a pass puts them back. */
function isOurs({ metadata }: KubeObject, instance: string): boolean {
  return metadata.labels?.[INSTANCE] === instance;
}

function isDeployment(object: KubeObject): object is V1Deployment {
  return object.kind === 'Deployment';
}

function isReplicaSet(object: KubeObject): object is V1ReplicaSet {
  return object.kind === 'ReplicaSet';
}

function isPod(object: KubeObject): object is V1Pod {
  return object.kind === 'Pod';
}

function terminating(namespace: string): ClusterError {
  const message = `The namespace "${namespace}" is being deleted; it is made again once it is gone`;
  return new ClusterError(message, { kind: 'terminating', status: 0, reason: 'NamespaceTerminating', retriable: true });
}

/** The pods of an App, oldest first. */
export async function podsOf(cluster: Cluster, id: string, namespace: string): Promise<V1Pod[]> {
  const pods = await cluster.list('Pod', { namespace, labelSelector: selectorOf(id) });
  const age = ({ metadata }: V1Pod): string => `${metadata.creationTimestamp ?? ''} ${metadata.name}`;
  return pods.sort((one, other) => age(one).localeCompare(age(other)));
}
