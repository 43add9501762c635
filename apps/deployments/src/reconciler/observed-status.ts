// Owns what an App's phase is, from what the cluster shows: never from what was asked of it. Pure; the clock comes in, and what
// only time will tell says when to look again.
import { Phase, type ReplicaCounts } from '@slipway/contracts';
import type { V1Container, V1ContainerStatus, V1Deployment, V1Pod, V1PodTemplateSpec } from '@slipway/cluster';

import { RESTARTED_AT, REVISION } from './desired-objects.js';
import { type Trouble, withNextStep } from './next-step.js';

/** A pod that no node takes is given this long: clusters that add nodes need a while. */
export const UNSCHEDULABLE_MS = 60_000;
/** So many restarts of a container in one rollout are a crash loop. */
export const CRASH_RESTARTS = 3;
/** A container that crashed before is believed to run once it did so for this long. */
export const STEADY_MS = 10_000;
/** A pod that has run for so long without being ready is told of. */
const UNREADY_MS = 5_000;
/** A cluster that takes writes and acts on none of them for so long is told of. */
export const SILENT_MS = 10_000;

export interface Seen {
  readonly deployment: V1Deployment | undefined;
  /** Every pod of the App. */
  readonly pods: readonly V1Pod[];
}

export interface Wanted {
  /** 0 while stopped. */
  readonly replicas: number;
  readonly revision: number;
  /** Pods of an older start are to be replaced. */
  readonly restartedAt: Date | null;
  /** The Revision has been fully ready before. */
  readonly revisionReady: boolean;
  /** The App has been fully ready since it was last started. */
  readonly servedSinceStart: boolean;
  /** When the last change was accepted. */
  readonly changedAt: Date;
  /** What was told before, and since when. */
  readonly told: { readonly phase: Phase; readonly since: Date };
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

export function observedStatus({ deployment, pods }: Seen, wanted: Wanted, now: Date): ObservedStatus {
  const present = pods.filter((pod) => !isFinished(pod));
  const staying = present.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const status = deployment?.status;
  // The Deployment counts what its controller saw last. Where that has stopped, pods go that it still counts.
  const readyPods = staying.filter(isReady).length;
  const counts = {
    desired: wanted.replicas,
    ready: Math.min(readyPods, status?.readyReplicas ?? 0),
    updated: status?.updatedReplicas ?? 0,
    available: Math.min(readyPods, status?.availableReplicas ?? 0),
  };
  const restarts = staying.flatMap(containersOf).reduce((sum, { restartCount }) => sum + restartCount, 0);
  const told = (phase: Phase, trouble: Trouble = NOTHING, lookAgainMs?: number): ObservedStatus => ({
    phase,
    ...withNextStep(trouble),
    counts,
    restarts,
    ...(lookAgainMs !== undefined && { lookAgainMs }),
  });

  const onItsWay = (phase: Phase, sign: Trouble | undefined, waits: readonly number[]): ObservedStatus => {
    if (sign || !deployment || !isBehind(deployment, staying)) return told(phase, sign, soonest(waits));
    const since = phase === wanted.told.phase ? lastMove(deployment, pods, wanted) : now;
    const silentMs = now.getTime() - since.getTime();
    if (silentMs < SILENT_MS) return told(phase, undefined, soonest([...waits, SILENT_MS - silentMs]));
    return told(phase, controllersSilent(since), soonest(waits));
  };

  // Until the cluster has taken and seen what is wanted, its counts tell of something else.
  const followed =
    deployment !== undefined &&
    (wanted.replicas === 0 || isOf(wanted, deployment.spec?.template)) &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0) &&
    (deployment.spec?.replicas ?? 1) === wanted.replicas;

  if (wanted.replicas === 0) {
    const none = present.length === 0 && (status?.replicas ?? 0) === 0;
    if (none && (followed || deployment === undefined)) return told(Phase.stopped);
    return onItsWay(Phase.stopping, undefined, []);
  }

  const current = staying.filter((pod) => isOf(wanted, pod));
  const unsteady = current.flatMap((pod) => crashes(pod, now)).filter(isLoop);
  const complete =
    followed &&
    counts.updated === wanted.replicas &&
    counts.ready === wanted.replicas &&
    current.filter(isReady).length === wanted.replicas &&
    (status?.replicas ?? 0) === wanted.replicas;
  if (complete && unsteady.length === 0) return told(Phase.running);

  if (!deployment) return told(Phase.pending);

  const sign = creationTrouble(deployment) ?? signOfTrouble(current, now);
  const trouble = podTrouble(current, now) ?? (followed ? rolloutTrouble(deployment, sign) : undefined);
  const waits = unsteady.flatMap(({ steadyInMs }) => (steadyInMs === undefined ? [] : [steadyInMs]));
  if (trouble) return told(Phase.failed, trouble, soonest(waits));

  // An update whose last old pod is gone may not be counted yet: it is one as long as anything serves.
  const isUpdate = (pod: V1Pod): boolean => !isOf(wanted, pod) || wanted.told.phase === Phase.updating;
  const updating = staying.some((pod) => isReady(pod) && isUpdate(pod));
  const steady = wanted.servedSinceStart && wanted.revisionReady;
  const phase = updating ? Phase.updating : steady ? Phase.scaling : Phase.deploying;
  return onItsWay(phase, sign, [...waits, ...current.flatMap((pod) => waitsOf(pod, now))]);
}

const NOTHING: Trouble = { reason: '', message: '' };

const CRASH_LOOP = 'CrashLoopBackOff';

/** Reasons for which a container does not start. They are the cluster's own words. */
const CANNOT_START = ['InvalidImageName', 'CreateContainerConfigError', 'ImagePullBackOff', 'ErrImagePull'];
/** How a kubelet tells what it does again within seconds: it has not read a Secret or ConfigMap yet, or pulls too many images at once. */
const PUT_OFF = /^failed to sync \S+ cache|pull QPS exceeded/;

/** Why the pods of the wanted Revision do not become ready, the most telling reason first. */
function podTrouble(current: readonly V1Pod[], now: Date): Trouble | undefined {
  const containers = current.flatMap(containersOf);
  for (const reason of CANNOT_START) {
    const stuck = containers.find(
      ({ state }) => state?.waiting?.reason === reason && !PUT_OFF.test(state.waiting.message ?? ''),
    );
    if (stuck) return { reason, message: stuck.state?.waiting?.message ?? `container ${stuck.name}: ${reason}` };
  }
  const loop = current.flatMap((pod) => crashes(pod, now)).find(isLoop);
  if (loop) return loop;
  return current.filter((pod) => unschedulableSince(pod, now) >= UNSCHEDULABLE_MS).map(unschedulable)[0];
}

/** What the cluster shows already and may still end by itself: told at once, and no failure yet. */
function signOfTrouble(current: readonly V1Pod[], now: Date): Trouble | undefined {
  const silent = nodeSilent(current);
  if (silent) return silent;
  const stuck = current
    .flatMap(containersOf)
    .map(({ state }) => state?.waiting)
    .find((state) => state?.reason !== undefined && !COMING_UP.has(state.reason) && state.reason !== CRASH_LOOP);
  if (stuck) return { reason: stuck.reason ?? '', message: stuck.message ?? '' };
  return (
    current.flatMap((pod) => crashes(pod, now)).find(({ steadyInMs }) => steadyInMs === undefined) ??
    current.filter((pod) => unschedulableSince(pod, now) > 0).map(unschedulable)[0] ??
    current.filter((pod) => unreadyInMs(pod, now) === 0).map(unready)[0]
  );
}

/** A cluster says of pods whose node is silent that they are not ready; of their containers it says what the node said last. */
function nodeSilent(current: readonly V1Pod[]): Trouble | undefined {
  const lost = current.filter(
    (pod) => condition(pod, 'Ready')?.status === 'False' && condition(pod, 'ContainersReady')?.status === 'True',
  );
  const node = lost[0]?.spec?.nodeName;
  if (node === undefined) return undefined;
  const there = lost.filter(({ spec }) => spec?.nodeName === node);
  const since = there.map((pod) => condition(pod, 'Ready')?.lastTransitionTime ?? '').sort()[0] ?? '';
  const pods = there.length === 1 ? 'a pod' : `${there.length} pods`;
  return { reason: 'NodeNotReady', message: `the node ${node} of ${pods} does not answer since ${since}` };
}

/** The Deployment tells of another spec than its own, or of other pods than there are: its controller has not looked. */
function isBehind({ metadata, status }: V1Deployment, staying: readonly V1Pod[]): boolean {
  return (status?.observedGeneration ?? 0) < (metadata.generation ?? 0) || (status?.replicas ?? 0) !== staying.length;
}

/** When anything was last asked of the App, told of it, or moved in the cluster. */
function lastMove({ status }: V1Deployment, pods: readonly V1Pod[], { changedAt, told }: Wanted): Date {
  const times = [
    ...(status?.conditions ?? []).map(({ lastUpdateTime }) => lastUpdateTime),
    ...pods.flatMap((pod) => [
      pod.metadata.creationTimestamp,
      pod.metadata.deletionTimestamp,
      ...(pod.status?.conditions ?? []).map(({ lastTransitionTime }) => lastTransitionTime),
    ]),
  ];
  const moved = times.flatMap((time) => (time === undefined ? [] : [Date.parse(time)]));
  return new Date(Math.max(changedAt.getTime(), told.since.getTime(), ...moved));
}

function controllersSilent(since: Date): Trouble {
  return { reason: 'ControllersSilent', message: `the cluster has not acted on it since ${since.toISOString()}` };
}

/** What containers that start wait for. */
const COMING_UP = new Set(['ContainerCreating', 'PodInitializing']);

function unschedulable(pod: V1Pod): Trouble {
  return {
    reason: 'Unschedulable',
    message: condition(pod, 'PodScheduled')?.message ?? 'no node takes the pod',
  };
}

function unready(pod: V1Pod): Trouble {
  const { reason = 'ContainersNotReady', message = '' } = condition(pod, 'Ready') ?? {};
  const late = (pod.status?.containerStatuses ?? []).filter(({ ready }) => !ready).map(({ name }) => name);
  const checks = (pod.spec?.containers ?? []).filter(({ name }) => late.includes(name)).flatMap(failingCheck);
  return { reason, message: [message, ...checks].filter((text) => text !== '').join('; ') };
}

function failingCheck({ name, ports = [], readinessProbe }: V1Container): string[] {
  const { httpGet, tcpSocket } = readinessProbe ?? {};
  const checked = httpGet?.port ?? tcpSocket?.port;
  // The port is asked by its name; who deployed the App knows its number.
  const port = ports.find((one) => one.name === checked)?.containerPort ?? checked;
  if (httpGet) return [`GET ${httpGet.path ?? '/'} on port ${port} of container ${name} does not succeed`];
  return tcpSocket ? [`container ${name} accepts no connection on port ${port}`] : [];
}

/** Why the cluster makes no progress with the rollout, in the words of a sign of it, if there is one. */
function rolloutTrouble(deployment: V1Deployment, sign: Trouble | undefined): Trouble | undefined {
  if (sign?.reason === 'ExceededQuota') return sign;
  const progressing = deployment.status?.conditions?.find(({ type }) => type === 'Progressing');
  if (progressing?.status !== 'False' || progressing.reason !== 'ProgressDeadlineExceeded') return undefined;
  return { reason: 'ProgressDeadlineExceeded', message: sign?.message ?? progressing.message ?? '' };
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
  readonly restarts: number;
  /** When a container that runs again may be believed; absent while it does not run. */
  readonly steadyInMs?: number;
}

/**
 * A container that keeps ending. Between two crashes it runs, and may even be ready, for a moment: that is no progress, so it
 * counts until it has run for a while.
 */
function crashes(pod: V1Pod, now: Date): Crash[] {
  return containersOf(pod).flatMap((container) => {
    const { state, lastState, name, restartCount } = container;
    const ended = state?.terminated ?? lastState?.terminated;
    const outOfMemory = ended?.reason === 'OOMKilled';
    if (!ended || (!outOfMemory && restartCount === 0)) return [];
    const ranMs = ranForMs(container, now);
    if (ranMs !== undefined && ranMs >= STEADY_MS) return [];
    const limit = pod.spec?.containers.find((one) => one.name === name)?.resources?.limits?.memory;
    const how = outOfMemory
      ? `ran out of memory${limit === undefined ? '' : `, its limit is ${limit}`}`
      : `ended with exit code ${ended.exitCode}`;
    const words = ended.message ? `: ${ended.message.trim()}` : '';
    const again = restartCount === 0 ? '' : `; restarted ${restartCount === 1 ? 'once' : `${restartCount} times`}`;
    return [
      {
        reason: outOfMemory ? 'OOMKilled' : CRASH_LOOP,
        message: `container ${name} ${how}${words}${again}`,
        restarts: restartCount,
        ...(ranMs !== undefined && { steadyInMs: STEADY_MS - ranMs }),
      },
    ];
  });
}

function isLoop({ reason, restarts }: Crash): boolean {
  return reason === 'OOMKilled' || restarts >= CRASH_RESTARTS;
}

/** For how long the container has been running; undefined while it does not. */
function ranForMs({ state }: V1ContainerStatus, now: Date): number | undefined {
  return state?.running?.startedAt ? now.getTime() - Date.parse(state.running.startedAt) : undefined;
}

/** When a pod that runs and is not ready is told to be so; 0 when it is time, undefined when it is ready or does not run. */
function unreadyInMs(pod: V1Pod, now: Date): number | undefined {
  const late = (pod.status?.containerStatuses ?? []).filter(({ ready }) => !ready);
  const times = late.map((container) => ranForMs(container, now));
  if (isReady(pod) || times.length === 0 || times.includes(undefined)) return undefined;
  return Math.max(0, UNREADY_MS - Math.min(...times.map((ms) => ms ?? 0)));
}

/** In how many milliseconds a pod in which nothing moves is told of differently. */
function waitsOf(pod: V1Pod, now: Date): number[] {
  const refusedMs = unschedulableSince(pod, now);
  const unreadyMs = unreadyInMs(pod, now);
  return [
    ...(refusedMs > 0 ? [Math.max(0, UNSCHEDULABLE_MS - refusedMs)] : []),
    ...(unreadyMs !== undefined && unreadyMs > 0 ? [unreadyMs] : []),
  ];
}

function soonest(waits: readonly number[]): number | undefined {
  return waits.length > 0 ? Math.min(...waits) : undefined;
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

function isOf(
  { revision, restartedAt }: Pick<Wanted, 'revision' | 'restartedAt'>,
  pod: V1Pod | V1PodTemplateSpec | undefined,
): boolean {
  const { [REVISION]: ofRevision, [RESTARTED_AT]: ofStart } = pod?.metadata?.annotations ?? {};
  return ofRevision === String(revision) && (restartedAt === null || ofStart === restartedAt.toISOString());
}
