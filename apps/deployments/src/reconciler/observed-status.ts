// Owns what an App's phase is, from what the cluster shows: never from what was asked of it. Pure; the clock comes in, and what
// only time will tell says when to look again.
import { Phase, type ReplicaCounts } from '@slipway/contracts';
import type { V1ContainerStatus, V1Deployment, V1Pod, V1PodTemplateSpec } from '@slipway/cluster';

import { REVISION } from './desired-objects.js';

/** A pod that no node takes is given this long: clusters that add nodes need a while. */
export const UNSCHEDULABLE_MS = 60_000;
/** So many restarts of a container in one rollout are a crash loop. */
export const CRASH_RESTARTS = 3;
/** A container that crashed before is believed to run once it did so for this long. */
export const STEADY_MS = 10_000;
const MESSAGE_LENGTH = 4096;

export interface Seen {
  readonly deployment: V1Deployment | undefined;
  /** Every pod of the App. */
  readonly pods: readonly V1Pod[];
}

export interface Wanted {
  /** 0 while stopped. */
  readonly replicas: number;
  readonly revision: number;
  /** The Revision has been fully ready before. */
  readonly revisionReady: boolean;
  /** The App has been fully ready since it was last started. */
  readonly servedSinceStart: boolean;
}

export interface ObservedStatus {
  readonly phase: Phase;
  readonly reason: string;
  readonly message: string;
  readonly counts: ReplicaCounts;
  readonly restarts: number;
  /** Looking again then may tell something else although nothing moved. */
  readonly lookAgainMs?: number;
}

interface Trouble {
  readonly reason: string;
  readonly message: string;
}

export function observedStatus({ deployment, pods }: Seen, wanted: Wanted, now: Date): ObservedStatus {
  const present = pods.filter((pod) => !isFinished(pod));
  const staying = present.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const status = deployment?.status;
  const counts = {
    desired: wanted.replicas,
    ready: status?.readyReplicas ?? 0,
    updated: status?.updatedReplicas ?? 0,
    available: status?.availableReplicas ?? 0,
  };
  const restarts = staying.flatMap(containersOf).reduce((sum, { restartCount }) => sum + restartCount, 0);
  const told = (phase: Phase, trouble: Trouble = NOTHING, lookAgainMs?: number): ObservedStatus => ({
    phase,
    reason: trouble.reason,
    message: trouble.message.slice(0, MESSAGE_LENGTH),
    counts,
    restarts,
    ...(lookAgainMs !== undefined && { lookAgainMs }),
  });

  // Until the cluster has taken and seen what is wanted, its counts tell of something else.
  const followed =
    deployment !== undefined &&
    (wanted.replicas === 0 || revisionOf(deployment.spec?.template) === wanted.revision) &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0) &&
    (deployment.spec?.replicas ?? 1) === wanted.replicas;

  if (wanted.replicas === 0) {
    const none = present.length === 0 && (status?.replicas ?? 0) === 0;
    return told(none && (followed || deployment === undefined) ? Phase.stopped : Phase.stopping);
  }

  const current = staying.filter((pod) => revisionOf(pod) === wanted.revision);
  const unsteady = current.flatMap(containersOf).flatMap((container) => crash(container, now));
  const complete =
    followed &&
    counts.updated === wanted.replicas &&
    counts.ready === wanted.replicas &&
    (status?.replicas ?? 0) === wanted.replicas;
  if (complete && unsteady.length === 0) return told(Phase.running);

  if (!deployment) return told(Phase.pending);

  const trouble = podTrouble(current, now) ?? (followed ? rolloutTrouble(deployment) : undefined);
  if (trouble) return told(Phase.failed, trouble, waitOf(unsteady));

  const serving = staying.some((pod) => revisionOf(pod) !== wanted.revision && isReady(pod));
  const steady = wanted.servedSinceStart && wanted.revisionReady;
  const phase = serving ? Phase.updating : steady ? Phase.scaling : Phase.deploying;
  return told(
    phase,
    creationTrouble(deployment),
    waitOf([...unsteady, ...current.flatMap((pod) => waiting(pod, now))]),
  );
}

const NOTHING: Trouble = { reason: '', message: '' };

/** Reasons for which a container does not start. They are the cluster's own words. */
const CANNOT_START = ['InvalidImageName', 'CreateContainerConfigError', 'ImagePullBackOff', 'ErrImagePull'];

/** Why the pods of the wanted Revision do not become ready, the most telling reason first. */
function podTrouble(current: readonly V1Pod[], now: Date): Trouble | undefined {
  const containers = current.flatMap(containersOf);
  for (const reason of CANNOT_START) {
    const stuck = containers.find(({ state }) => state?.waiting?.reason === reason);
    if (stuck) return { reason, message: stuck.state?.waiting?.message ?? `container ${stuck.name}: ${reason}` };
  }
  const crashed = containers.flatMap((container) => crash(container, now))[0];
  if (crashed) return crashed;
  const unschedulable = current.find((pod) => unschedulableSince(pod, now) >= UNSCHEDULABLE_MS);
  if (unschedulable) {
    return {
      reason: 'Unschedulable',
      message: condition(unschedulable, 'PodScheduled')?.message ?? 'no node takes the pod',
    };
  }
  return undefined;
}

/** Why the cluster makes no progress with the rollout. Its conditions speak of the Deployment that it has seen. */
function rolloutTrouble(deployment: V1Deployment): Trouble | undefined {
  const creation = creationTrouble(deployment);
  if (creation?.reason === 'ExceededQuota') return creation;
  const progressing = deployment.status?.conditions?.find(({ type }) => type === 'Progressing');
  if (progressing?.status === 'False' && progressing.reason === 'ProgressDeadlineExceeded') {
    const { message } = creation ?? { message: progressing.message ?? '' };
    return { reason: 'ProgressDeadlineExceeded', message };
  }
  return undefined;
}

/** Why the cluster refuses to make pods; outside a quota this may still end by itself. */
function creationTrouble(deployment: V1Deployment): Trouble | undefined {
  const failure = deployment.status?.conditions?.find(
    ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
  );
  if (!failure) return undefined;
  const message = failure.message ?? '';
  return { reason: message.includes('exceeded quota') ? 'ExceededQuota' : (failure.reason ?? 'FailedCreate'), message };
}

interface Crash extends Trouble {
  /** When a container that runs again may be believed; absent while it does not run. */
  readonly steadyInMs?: number;
}

/**
 * A container that keeps ending. Between two crashes it runs, and may even be ready, for a moment: that is no progress, so it
 * counts until it has run for a while.
 */
function crash(container: V1ContainerStatus, now: Date): Crash[] {
  const { state, lastState, name, restartCount } = container;
  const ended = state?.terminated ?? lastState?.terminated;
  if (!ended) return [];
  const outOfMemory = ended.reason === 'OOMKilled';
  if (!outOfMemory && restartCount < CRASH_RESTARTS) return [];
  const ranMs = state?.running?.startedAt ? now.getTime() - Date.parse(state.running.startedAt) : undefined;
  if (ranMs !== undefined && ranMs >= STEADY_MS) return [];
  const reason = outOfMemory ? 'OOMKilled' : 'CrashLoopBackOff';
  const how = outOfMemory ? 'ran out of memory' : `ended with exit code ${ended.exitCode}`;
  const words = ended.message ? `: ${ended.message.trim()}` : '';
  const message = `container ${name} ${how}${words}; restarted ${restartCount} times`;
  return [{ reason, message, ...(ranMs !== undefined && { steadyInMs: STEADY_MS - ranMs }) }];
}

function waiting(pod: V1Pod, now: Date): Pick<Crash, 'steadyInMs'>[] {
  const sinceMs = unschedulableSince(pod, now);
  return sinceMs > 0 ? [{ steadyInMs: Math.max(0, UNSCHEDULABLE_MS - sinceMs) }] : [];
}

function waitOf(all: readonly Pick<Crash, 'steadyInMs'>[]): number | undefined {
  const times = all.flatMap(({ steadyInMs }) => (steadyInMs === undefined ? [] : [steadyInMs]));
  return times.length > 0 ? Math.min(...times) : undefined;
}

/** For how long no node has taken the pod; 0 when one has, or when it has not been tried. At least 1 when refused. */
function unschedulableSince(pod: V1Pod, now: Date): number {
  const scheduled = condition(pod, 'PodScheduled');
  if (scheduled?.status !== 'False' || scheduled.reason !== 'Unschedulable') return 0;
  const since = scheduled.lastTransitionTime ?? pod.metadata.creationTimestamp;
  return since ? Math.max(1, now.getTime() - Date.parse(since)) : 1;
}

function condition(pod: V1Pod, wanted: string) {
  return pod.status?.conditions?.find(({ type }) => type === wanted);
}

export function isReady(pod: V1Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined && condition(pod, 'Ready')?.status === 'True';
}

// Evicted and ended pods stay listed until they are collected; they run nothing.
function isFinished(pod: V1Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

function containersOf(pod: V1Pod): V1ContainerStatus[] {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
}

function revisionOf(pod: V1Pod | V1PodTemplateSpec | undefined): number {
  return Number(pod?.metadata?.annotations?.[REVISION] ?? Number.NaN);
}
