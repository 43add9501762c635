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
import { isActive, isReady, isTerminating } from './pods.js';
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
    const before = job.status ?? {};
    const startTime = job.spec.suspend ? undefined : (before.startTime ?? timestamp());
    const succeeded = pods.filter((pod) => pod.status?.phase === 'Succeeded').length;
    const failed = pods.filter((pod) => pod.status?.phase === 'Failed').length;
    const failures = failed + pods.reduce((sum, pod) => sum + restartsOf(pod), 0);
    const active = pods.filter(isActive);
    const counts = { succeeded, failed, startTime };
    const deadlineMs = deadlineOf(job, startTime);

    if (succeeded >= (job.spec.completions ?? 1)) {
      this.finish(job, counts, 'Complete', 'CompletionsReached', 'Reached expected number of succeeded pods');
    } else if (failures > (job.spec.backoffLimit ?? 6)) {
      this.finish(
        job,
        { ...counts, failed: Math.max(failed, active.length) },
        'Failed',
        'BackoffLimitExceeded',
        'Job has reached the specified backoff limit',
      );
    } else if (deadlineMs !== undefined && deadlineMs <= 0) {
      this.finish(job, counts, 'Failed', 'DeadlineExceeded', 'Job was active longer than specified deadline');
    } else if (job.spec.suspend) {
      for (const pod of active) this.registry.delete('pods', namespace, pod.metadata.name);
      this.setStatus(job, counts);
    } else {
      const delay = this.backOff(pods);
      const open = (job.spec.completions ?? 1) - succeeded;
      const missing = Math.max(0, Math.min(job.spec.parallelism ?? 1, open) - active.length);
      const started = delay > 0 ? 0 : this.startPods(job, missing);
      this.setStatus(job, { ...counts, active: active.length + started, ready: active.filter(isReady).length });
      const refused = delay === 0 && started < missing;
      return earliest([delay > 0 ? delay : undefined, refused ? refusedRetryMs : undefined, deadlineMs]);
    }
    return undefined;
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

  private finish(job: Job, counts: JobStatus, type: 'Complete' | 'Failed', reason: string, message: string): void {
    for (const pod of this.registry.store.ownedBy(job.metadata.uid, 'pods').filter(isActive)) {
      this.registry.delete('pods', pod.metadata.namespace, pod.metadata.name);
    }
    const at = timestamp();
    // What decides the end comes first; a real Job then waits for its last pods.
    const conditions = [type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget', type].reduce<Condition[]>(
      (before, each) => withCondition(before, { type: each, status: 'True', reason, message, lastProbeTime: at }),
      job.status?.conditions ?? [],
    );
    const completionTime = type === 'Complete' ? { completionTime: timestamp() } : {};
    this.setStatus(job, { ...counts, ...completionTime, conditions });
    const event =
      type === 'Complete'
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

function deadlineOf(job: Job, startTime: string | undefined): number | undefined {
  const { activeDeadlineSeconds } = job.spec;
  if (activeDeadlineSeconds === undefined || startTime === undefined) return undefined;
  return Date.parse(startTime) + activeDeadlineSeconds * 1000 - Date.now();
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
