// What a Deployment says of its roll-out, pure: the counts of its ReplicaSets, and the conditions in the words and in the order of the real
// controller, which puts what changes last at the end.
import { isDeepStrictEqual } from 'node:util';

import {
  type Condition,
  type Deployment,
  type DeploymentStatus,
  type PodTemplate,
  type ReplicaSet,
  timestamp,
} from '../objects.js';
import { findCondition, withoutCondition } from './conditions.js';
import { rollingLimits } from './rolling-update.js';

export const hashLabel = 'pod-template-hash';

/** The ReplicaSet of the present template, if there is one already. */
export function currentSet(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return sets.find((set) => isDeepStrictEqual(withoutHash(set.spec.template), withoutHash(deployment.spec.template)));
}

function withoutHash(template: PodTemplate): PodTemplate {
  const { [hashLabel]: _hash, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

/** `created`: the ReplicaSet that had to be made just now. */
export function deploymentStatus(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  created: ReplicaSet | undefined,
): DeploymentStatus {
  const current = currentSet(deployment, sets);
  const sum = (read: (set: ReplicaSet) => number | undefined): number =>
    sets.reduce((total, set) => total + (read(set) ?? 0), 0);
  const counts = {
    replicas: sum((set) => set.status?.replicas),
    updatedReplicas: current?.status?.replicas ?? 0,
    readyReplicas: sum((set) => set.status?.readyReplicas),
    availableReplicas: sum((set) => set.status?.availableReplicas),
  };
  const unavailableReplicas = Math.max(0, sum((set) => set.spec.replicas) - counts.availableReplicas);
  const present = Object.entries({ ...counts, unavailableReplicas }).filter(([, count]) => count > 0);

  const { availableReplicas, updatedReplicas, replicas } = counts;
  const before = pauseOrResume(deployment, created ? withCreated(deployment, created) : deployment.status?.conditions);
  const available = withAvailability(deployment, before, availableReplicas);
  const done =
    findCondition(before, 'Progressing')?.reason === 'NewReplicaSetAvailable' && replicas === updatedReplicas;
  const conditions = deployment.spec.paused
    ? available
    : withFailure(done ? available : withProgress(deployment, available, counts, current), sets);
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    ...Object.fromEntries(present),
    terminatingReplicas: sum((set) => set.status?.terminatingReplicas),
    conditions,
  };
}

/** How long until the roll-out may be told to make no progress; undefined when it need not be looked at. */
export function msUntilDeadline(deployment: Deployment, status: DeploymentStatus): number | undefined {
  const condition = findCondition(status.conditions, 'Progressing');
  if (deployment.spec.paused || !condition || condition.reason === 'NewReplicaSetAvailable') return undefined;
  if (condition.reason === 'ProgressDeadlineExceeded') return undefined;
  // Times have whole seconds, so the deadline is looked for a little later.
  return Math.max(100, msLeft(deployment, condition) + 100);
}

type Counts = { replicas: number; updatedReplicas: number; readyReplicas: number; availableReplicas: number };

function withCreated(deployment: Deployment, created: ReplicaSet): Condition[] {
  const message = `Created new replica set ${JSON.stringify(created.metadata.name)}`;
  return changed(deployment.status?.conditions, 'Progressing', 'True', 'NewReplicaSetCreated', message);
}

function pauseOrResume(deployment: Deployment, conditions: readonly Condition[] = []): readonly Condition[] {
  const reason = findCondition(conditions, 'Progressing')?.reason;
  if (reason === 'ProgressDeadlineExceeded') return conditions;
  if (deployment.spec.paused && reason !== 'DeploymentPaused')
    return changed(conditions, 'Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused');
  if (!deployment.spec.paused && reason === 'DeploymentPaused')
    return changed(conditions, 'Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed');
  return conditions;
}

function withAvailability(deployment: Deployment, conditions: readonly Condition[], count: number): Condition[] {
  const enough = count >= (deployment.spec.replicas ?? 1) - rollingLimits(deployment).maxUnavailable;
  return enough
    ? changed(conditions, 'Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.')
    : changed(
        conditions,
        'Available',
        'False',
        'MinimumReplicasUnavailable',
        'Deployment does not have minimum availability.',
      );
}

function withProgress(
  deployment: Deployment,
  conditions: Condition[],
  counts: Counts,
  current: ReplicaSet | undefined,
): Condition[] {
  const name = `ReplicaSet ${JSON.stringify(current?.metadata.name ?? '')}`;
  const wanted = deployment.spec.replicas ?? 1;
  const { replicas, updatedReplicas, readyReplicas, availableReplicas } = counts;
  if ([replicas, updatedReplicas, availableReplicas].every((count) => count === wanted)) {
    return changed(conditions, 'Progressing', 'True', 'NewReplicaSetAvailable', `${name} has successfully progressed.`);
  }
  const before = deployment.status ?? {};
  const progressed =
    updatedReplicas > (before.updatedReplicas ?? 0) ||
    replicas - updatedReplicas < (before.replicas ?? 0) - (before.updatedReplicas ?? 0) ||
    readyReplicas > (before.readyReplicas ?? 0) ||
    availableReplicas > (before.availableReplicas ?? 0);
  const condition = findCondition(conditions, 'Progressing');
  if (progressed) {
    // Any progress renews the time, from which the deadline counts.
    const renewed = changed(
      withoutCondition(conditions, 'Progressing'),
      'Progressing',
      'True',
      'ReplicaSetUpdated',
      `${name} is progressing.`,
    );
    const since = condition?.status === 'True' ? condition.lastTransitionTime : undefined;
    return renewed.map((entry) =>
      entry.type === 'Progressing' && since ? { ...entry, lastTransitionTime: since } : entry,
    );
  }
  const late =
    condition !== undefined && condition.reason !== 'NewReplicaSetAvailable' && msLeft(deployment, condition) <= 0;
  if (!late) return conditions;
  return changed(conditions, 'Progressing', 'False', 'ProgressDeadlineExceeded', `${name} has timed out progressing.`);
}

function withFailure(conditions: Condition[], sets: readonly ReplicaSet[]): Condition[] {
  const failure = sets.map((set) => findCondition(set.status?.conditions, 'ReplicaFailure')).find((found) => found);
  if (!failure) return withoutCondition(conditions, 'ReplicaFailure');
  return changed(conditions, 'ReplicaFailure', failure.status, failure.reason ?? '', failure.message ?? '');
}

function msLeft(deployment: Deployment, condition: Condition): number {
  const deadlineSeconds = deployment.spec.progressDeadlineSeconds ?? 600;
  return Date.parse(condition.lastUpdateTime ?? '') + deadlineSeconds * 1000 - Date.now();
}

/** The condition goes to the end, unless it has the status and the reason already; other words alone change nothing. */
function changed(
  conditions: readonly Condition[] | undefined,
  type: string,
  status: Condition['status'],
  reason: string,
  message: string,
): Condition[] {
  const before = findCondition(conditions, type);
  if (before?.status === status && before.reason === reason) return [...(conditions ?? [])];
  const now = timestamp();
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : now;
  const condition = { type, status, lastUpdateTime: now, lastTransitionTime, reason, message };
  return [...withoutCondition(conditions, type), condition];
}
