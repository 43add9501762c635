import {
  type Condition,
  type Job,
  type JobStatus,
  type JsonObject,
  ownerReference,
  type Pod,
  timestamp,
} from '../objects.js';
import type { Registry } from '../registry.js';
import { StatusError } from '../status-error.js';
import type { Change } from '../store.js';
import type { Timings } from '../timings.js';
import { findCondition, withCondition } from './conditions.js';
import type { Controller } from './control-loop.js';
import { isActive, isEnded, isReady, isTerminating } from './pods.js';
import type { EventRecorder } from './record-event.js';

const refusedRetryMs = 1000;

/** Runs Jobs to their completions, or until they have failed too often or too long. */
export class ManageJobs implements Controller {
  readonly name = 'job-controller';

  constructor(
    private readonly registry: Registry,
    private readonly events: EventRecorder,
    private readonly timings: Timings,
  ) {}

  *wake({ resource, object }: Change): Iterable<string> {
    const { namespace, name, ownerReferences } = object.metadata;
    if (resource === 'jobs') yield `${namespace}/${name}`;
    if (resource !== 'pods') return;
    for (const owner of ownerReferences ?? []) if (owner.kind === 'Job') yield `${namespace}/${owner.name}`;
  }

  reconcile(key: string): number | undefined {
    const [namespace = '', name = ''] = key.split('/');
    const job = this.registry.store.get('jobs', namespace, name);
    if (!job || job.metadata.deletionTimestamp !== undefined) return undefined;
    const ended = endOf(job);
    if (ended) return this.expire(job, Date.parse(ended.lastTransitionTime ?? ''));

    const pods = this.registry.store.ownedBy(job.metadata.uid, 'pods');
    const verdict = verdictOf(job);
    if (verdict) {
      if (pods.every(isEnded)) this.end(job, verdict);
      else this.setStatus(job, { ...job.status });
      return undefined;
    }
    const active = pods.filter(isActive);
    const { suspend, activeDeadlineSeconds } = job.spec;
    const startTime = suspend ? undefined : (job.status?.startTime ?? timestamp());
    const succeeded = pods.filter((pod) => pod.status?.phase === 'Succeeded').length;
    const failed = pods.filter((pod) => pod.status?.phase === 'Failed').length;
    const failures = failed + pods.reduce((sum, pod) => sum + restartsOf(pod), 0);
    const counts = { succeeded, failed, startTime };
    const deadlineMs = msLeft(activeDeadlineSeconds, startTime);

    if (succeeded >= (job.spec.completions ?? 1)) {
      this.decide(job, counts, 'SuccessCriteriaMet', 'CompletionsReached', 'Reached expected number of succeeded pods');
    } else if (failures > (job.spec.backoffLimit ?? 6)) {
      this.decide(job, counts, 'FailureTarget', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit');
    } else if (deadlineMs !== undefined && deadlineMs <= 0) {
      this.decide(job, counts, 'FailureTarget', 'DeadlineExceeded', 'Job was active longer than specified deadline');
    } else if (suspend) {
      for (const pod of active) this.registry.delete('pods', namespace, pod.metadata.name);
      this.setStatus(job, { ...counts, conditions: this.suspended(job, 'True', 'JobSuspended', 'Job suspended') });
    } else {
      const delay = this.backOff(pods);
      const open = (job.spec.completions ?? 1) - succeeded;
      const missing = Math.max(0, Math.min(job.spec.parallelism ?? 1, open) - active.length);
      const started = delay > 0 ? 0 : this.startPods(job, missing);
      const wasSuspended = findCondition(job.status?.conditions, 'Suspended') !== undefined;
      this.setStatus(job, {
        ...counts,
        active: active.length + started,
        ready: active.filter(isReady).length,
        ...(wasSuspended ? { conditions: this.suspended(job, 'False', 'JobResumed', 'Job resumed') } : {}),
      });
      const refused = delay === 0 && started < missing;
      return earliest([delay > 0 ? delay : undefined, refused ? refusedRetryMs : undefined, deadlineMs]);
    }
    return undefined;
  }

  private suspended(job: Job, status: Condition['status'], reason: string, message: string): Condition[] {
    const before = job.status?.conditions;
    if (findCondition(before, 'Suspended')?.status === status) return before ?? [];
    this.events.record('job-controller', job, {
      type: 'Normal',
      reason: status === 'True' ? 'Suspended' : 'Resumed',
      message,
    });
    return withCondition(before, { type: 'Suspended', status, reason, message, lastProbeTime: timestamp() });
  }

  /** How many pods could be started; fewer when the server refuses one. */
  private startPods(job: Job, count: number): number {
    const { metadata, spec } = job.spec.template;
    const generateName = `${job.metadata.name}-`;
    const body: JsonObject = { metadata: { ...metadata, generateName, ownerReferences: [ownerReference(job)] }, spec };
    for (let started = 0; started < count; started += 1) {
      try {
        const pod = this.registry.create('pods', job.metadata.namespace, body);
        const message = `Created pod: ${pod.metadata.name}`;
        this.events.record('job-controller', job, { type: 'Normal', reason: 'SuccessfulCreate', message });
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        const message = `Error creating: ${error.message}`;
        this.events.record('job-controller', job, { type: 'Warning', reason: 'FailedCreate', message });
        return started;
      }
    }
    return count;
  }

  /** How long to wait before the next pod replaces one that failed. */
  private backOff(pods: readonly Pod[]): number {
    const ends = pods.filter((pod) => pod.status?.phase === 'Failed').map(endTime);
    if (ends.length === 0) return 0;
    const delay = Math.min(this.timings.backOffMs * 2 ** (ends.length - 1), this.timings.backOffMaxMs);
    return Math.max(0, Math.max(...ends) + delay - Date.now());
  }

  /** The end is decided, and what still runs is deleted; it counts as failed. The Job has ended when its last pod has. */
  private decide(job: Job, counts: JobStatus, type: Verdict, reason: string, message: string): void {
    const active = this.registry.store.ownedBy(job.metadata.uid, 'pods').filter(isActive);
    for (const pod of active) this.registry.delete('pods', pod.metadata.namespace, pod.metadata.name);
    const conditions = withCondition(job.status?.conditions, {
      type,
      status: 'True',
      reason,
      message,
      lastProbeTime: timestamp(),
    });
    this.setStatus(job, { ...counts, failed: (counts.failed ?? 0) + active.length, conditions });
  }

  private end(job: Job, { type: verdict, reason = '', message = '' }: Condition): void {
    const complete = verdict === 'SuccessCriteriaMet';
    const at = timestamp();
    const type = complete ? 'Complete' : 'Failed';
    const conditions = withCondition(job.status?.conditions, {
      type,
      status: 'True',
      reason,
      message,
      lastProbeTime: at,
    });
    const { active: _active, ready: _ready, ...counts } = job.status ?? {};
    this.setStatus(job, { ...counts, ...(complete ? { completionTime: at } : {}), conditions });
    const event = complete
      ? ({ type: 'Normal', reason: 'Completed', message: 'Job completed' } as const)
      : ({ type: 'Warning', reason, message } as const);
    this.events.record('job-controller', job, event);
  }

  private setStatus(job: Job, status: JobStatus): void {
    const present = Object.entries({ ...status }).filter(([, value]) => value !== 0 && value !== undefined);
    const pods = this.registry.store.ownedBy(job.metadata.uid, 'pods');
    this.registry.updateStatus('jobs', job, {
      ...(job.status?.conditions ? { conditions: job.status.conditions } : {}),
      ready: 0,
      ...Object.fromEntries(present),
      terminating: pods.filter(isTerminating).length,
      uncountedTerminatedPods: {},
    });
  }

  /** Removes an ended Job after ttlSecondsAfterFinished. */
  private expire(job: Job, endedAt: number): number | undefined {
    const { ttlSecondsAfterFinished } = job.spec;
    if (ttlSecondsAfterFinished === undefined) return undefined;
    const left = endedAt + ttlSecondsAfterFinished * 1000 - Date.now();
    if (left > 0) return left;
    this.registry.delete('jobs', job.metadata.namespace, job.metadata.name);
    return undefined;
  }
}

function endOf(job: Job): ReturnType<typeof findCondition> {
  return ['Complete', 'Failed']
    .map((type) => findCondition(job.status?.conditions, type))
    .find((condition) => condition?.status === 'True');
}

type Verdict = 'SuccessCriteriaMet' | 'FailureTarget';

function verdictOf(job: Job): Condition | undefined {
  const verdicts: readonly Verdict[] = ['SuccessCriteriaMet', 'FailureTarget'];
  return verdicts
    .map((type) => findCondition(job.status?.conditions, type))
    .find((condition) => condition?.status === 'True');
}

function msLeft(deadlineSeconds: number | undefined, startTime: string | undefined): number | undefined {
  if (deadlineSeconds === undefined || startTime === undefined) return undefined;
  return Date.parse(startTime) + deadlineSeconds * 1000 - Date.now();
}

function restartsOf(pod: Pod): number {
  return (pod.status?.containerStatuses ?? []).reduce((sum, status) => sum + status.restartCount, 0);
}

function endTime(pod: Pod): number {
  const ends = (pod.status?.containerStatuses ?? []).map(({ state }) => Date.parse(state.terminated?.finishedAt ?? ''));
  return Math.max(0, ...ends.filter((end) => !Number.isNaN(end)));
}

function earliest(waits: readonly (number | undefined)[]): number | undefined {
  const known = waits.filter((wait) => wait !== undefined);
  return known.length ? Math.min(...known) : undefined;
}
