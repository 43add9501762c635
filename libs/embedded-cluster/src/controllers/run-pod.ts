// Simulates one pod on the node: pulls, starts, readies, ends and restarts its containers on timers, and writes what it does into the
// pod's status, its log and events, in the order and the words of a real kubelet. Nothing is executed.
import { qosClass } from '../defaults.js';
import { createHash, randomBytes } from 'node:crypto';

import type { ContainerLog, PodLogs } from '../logs.js';
import {
  type Condition,
  type Container,
  type ContainerState,
  type ContainerStatus,
  type Pod,
  type PodStatus,
  timestamp,
} from '../objects.js';
import type { Registry } from '../registry.js';
import { NODE_ADDRESS } from '../seed.js';
import type { Timings } from '../timings.js';
import { withCondition } from './conditions.js';
import { missingConfiguration } from './container-configuration.js';
import { behaviourOf, mayEnd } from './images.js';
import type { EventRecorder, EventText } from './record-event.js';

/** What every image of this cluster is said to measure. */
const IMAGE_BYTES = 1_048_576;

export interface PodRunDependencies {
  readonly registry: Registry;
  readonly logs: PodLogs;
  readonly events: EventRecorder;
  readonly timings: Timings;
}

interface ContainerRun {
  readonly spec: Container;
  readonly initial: boolean;
  state: ContainerState;
  lastState: ContainerState;
  ready: boolean;
  pulled: boolean;
  pullFailures: number;
  restarts: number;
  containerID: string | undefined;
  log: ContainerLog | undefined;
  lines: number;
}

export class PodRun {
  private readonly initial: ContainerRun[];
  private readonly main: ContainerRun[];
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly startTime = timestamp();
  private sandbox = false;
  private terminating = false;
  private graceSeconds = Number.POSITIVE_INFINITY;
  private failure: { reason: string; message: string } | undefined;

  constructor(
    private readonly dependencies: PodRunDependencies,
    private readonly pod: Pod,
    private readonly podIP: string,
    /** What the node has pulled already. */
    private readonly images: Set<string>,
  ) {
    this.initial = (pod.spec.initContainers ?? []).map((spec) => newRun(spec, true));
    this.main = pod.spec.containers.map((spec) => newRun(spec, false));
  }

  start(): void {
    if (this.initial.length) for (const run of this.main) run.state = { waiting: { reason: 'PodInitializing' } };
    this.publish();
    this.runNextInitial(0);
    const { activeDeadlineSeconds } = this.pod.spec;
    if (activeDeadlineSeconds !== undefined) this.after(activeDeadlineSeconds * 1000, () => this.exceedDeadline());
  }

  private exceedDeadline(): void {
    this.cancelTimers();
    this.askToStop();
    this.failure = {
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    };
    this.endWithin((this.pod.spec.terminationGracePeriodSeconds ?? 30) * 1000, () => undefined);
  }

  /** Ends the containers within the pod's grace period and then removes the pod. Called again when that period is shortened. */
  terminate(): void {
    const current = this.dependencies.registry.store.findByUid(this.pod.metadata.uid)?.object;
    const { deletionGracePeriodSeconds: graceSeconds = 0 } = current?.metadata ?? {};
    if (this.terminating && graceSeconds >= this.graceSeconds) return;
    this.cancelTimers();
    if (!this.terminating) this.askToStop();
    this.terminating = true;
    this.graceSeconds = graceSeconds;
    this.endWithin(graceSeconds * 1000, () => {
      const { registry } = this.dependencies;
      const { uid, namespace, name } = this.pod.metadata;
      // Somebody may have removed it without waiting, and another pod may have its name by now.
      if (registry.store.findByUid(uid)) registry.delete('pods', namespace, name, { gracePeriodSeconds: 0 });
    });
  }

  private askToStop(): void {
    for (const run of this.main) {
      if (!run.state.running) continue;
      this.record(run, 'Normal', 'Killing', `Stopping container ${run.spec.name}`);
      run.log?.write(`${run.spec.name}: stopping`);
    }
  }

  /** Containers end soon after they are asked to, those of the image stubborn are killed when the time is over. */
  private endWithin(graceMs: number, then: () => void): void {
    const isStubborn = (run: ContainerRun): boolean =>
      run.state.running !== undefined && behaviourOf(run.spec.image) === 'stubborn';
    const usualMs = Math.min(this.dependencies.timings.terminationMs, graceMs);
    this.after(this.main.some(isStubborn) ? graceMs : usualMs, () => {
      for (const run of this.main) {
        if (isStubborn(run)) this.endRun(run, 137, 'Error');
        else this.endRun(run, 0, 'Completed');
      }
      this.publish();
      then();
    });
  }

  /** Forgets everything at once; the pod is gone or the cluster is closing. */
  stop(): void {
    this.terminating = true;
    this.cancelTimers();
  }

  private runNextInitial(index: number): void {
    const run = this.initial[index];
    if (run) {
      this.pull(run, () => this.runNextInitial(index + 1));
      return;
    }
    for (const each of this.main) {
      each.state = { waiting: { reason: 'ContainerCreating' } };
      this.pull(each);
    }
    this.publish();
  }

  private pull(run: ContainerRun, onSuccess?: () => void): void {
    const { timings } = this.dependencies;
    const { image, imagePullPolicy } = run.spec;
    if (imagePullPolicy !== 'Always' && this.images.has(image)) {
      run.pulled = true;
      this.sandbox = true;
      const message = `Container image "${image}" already present on machine and can be accessed by the pod`;
      this.record(run, 'Normal', 'Pulled', message);
      this.create(run, onSuccess);
      return;
    }
    this.warnOfMissingPullSecrets();
    this.record(run, 'Normal', 'Pulling', `Pulling image "${image}"`);
    this.after(timings.pullMs, () => {
      this.sandbox = true;
      if (behaviourOf(image) !== 'missing') {
        run.pulled = true;
        this.images.add(image);
        this.record(
          run,
          'Normal',
          'Pulled',
          `Successfully pulled image "${image}" in ${timings.pullMs}ms (${timings.pullMs}ms including waiting). Image size: ${IMAGE_BYTES} bytes.`,
        );
        this.create(run, onSuccess);
        return;
      }
      const why = `failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;
      const message = `rpc error: code = NotFound desc = ${why}`;
      this.record(run, 'Warning', 'Failed', `Failed to pull image "${image}": ${message}`);
      this.record(run, 'Warning', 'Failed', 'Error: ErrImagePull');
      this.wait(run, 'ErrImagePull', message);
      const delay = this.backOff(run.pullFailures);
      run.pullFailures += 1;
      // Long enough for whoever looks now and then to see why.
      const settle = delay / 4;
      this.after(settle, () => {
        this.record(run, 'Normal', 'BackOff', `Back-off pulling image "${image}"`);
        this.record(run, 'Warning', 'Failed', 'Error: ImagePullBackOff');
        this.wait(run, 'ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${message}`);
        this.after(delay - settle, () => this.pull(run, onSuccess));
      });
    });
  }

  /** A pull secret that is missing is no failure by itself: the image may be public. */
  private warnOfMissingPullSecrets(): void {
    const { registry, events } = this.dependencies;
    const { namespace } = this.pod.metadata;
    const missing = (this.pod.spec.imagePullSecrets ?? []).filter(
      ({ name }) => !registry.store.get('secrets', namespace, name),
    );
    if (missing.length === 0) return;
    const names = missing.map(({ name }) => name).join(', ');
    const message = `Unable to retrieve some image pull secrets (${names}); attempting to pull the image may not succeed.`;
    events.record('kubelet', this.pod, { type: 'Warning', reason: 'FailedToRetrieveImagePullSecret', message });
  }

  private create(run: ContainerRun, onSuccess?: () => void): void {
    const { registry, timings } = this.dependencies;
    const missing = missingConfiguration(registry.store, this.pod.metadata.namespace, run.spec);
    if (missing !== undefined) {
      this.record(run, 'Warning', 'Failed', `Error: ${missing}`);
      this.wait(run, 'CreateContainerConfigError', missing);
      this.after(timings.backOffMs, () => this.create(run, onSuccess));
      return;
    }
    this.after(timings.startMs, () => this.begin(run, onSuccess));
  }

  private begin(run: ContainerRun, onSuccess?: () => void): void {
    const { logs, timings } = this.dependencies;
    const { name, image } = run.spec;
    run.containerID = `simulated://${randomBytes(32).toString('hex')}`;
    run.state = { running: { startedAt: timestamp() } };
    run.log = logs.open(this.pod.metadata.uid, name);
    run.lines = 0;
    run.log.write(`${name}: started from image ${image}`);
    this.record(run, 'Normal', 'Created', 'Container created');
    this.record(run, 'Normal', 'Started', 'Container started');
    this.publish();

    const behaviour = behaviourOf(image);
    if (behaviour === 'crash' || behaviour === 'memory') {
      this.after(timings.crashAfterMs, () => {
        if (behaviour === 'memory') {
          this.end(run, 137, 'OOMKilled', onSuccess);
          return;
        }
        run.log?.write(`${name}: fatal: the image named crash always ends with exit code 3`);
        this.end(run, 3, 'Error', onSuccess);
      });
      return;
    }
    this.talk(run, run.log);
    if (mayEnd(behaviour) && (run.initial || this.pod.spec.restartPolicy !== 'Always')) {
      this.after(timings.runMs, () => {
        run.log?.write(`${name}: done`);
        this.end(run, 0, 'Completed', onSuccess);
      });
    }
    if (run.initial) return;
    if (behaviour === 'unready' || behaviour === 'slow') {
      this.record(run, 'Warning', 'Unhealthy', 'Readiness probe failed: the simulated container is not ready');
    }
    if (behaviour === 'unready') return;
    this.after(behaviour === 'slow' ? timings.slowReadyMs : timings.readyMs, () => {
      if (!run.state.running) return;
      run.ready = true;
      this.publish();
    });
  }

  private talk(run: ContainerRun, log: ContainerLog): void {
    this.after(this.dependencies.timings.logIntervalMs, () => {
      if (run.log !== log || !run.state.running) return;
      run.lines += 1;
      log.write(`${run.spec.name}: line ${run.lines}`);
      this.talk(run, log);
    });
  }

  private end(run: ContainerRun, exitCode: number, reason: string, onSuccess?: () => void): void {
    this.endRun(run, exitCode, reason);
    this.publish();
    if (exitCode === 0 && run.initial) onSuccess?.();
    const policy = this.pod.spec.restartPolicy ?? 'Always';
    if ((exitCode === 0 && (run.initial || policy !== 'Always')) || policy === 'Never') return;
    const { startMs } = this.dependencies.timings;
    const { restarts } = run;
    this.after(startMs, () => {
      // The first restart comes at once, as with a real kubelet; the delays begin with the second.
      if (restarts === 0) {
        this.restart(run, onSuccess);
        return;
      }
      const delay = this.backOff(restarts - 1);
      const { namespace, name, uid } = this.pod.metadata;
      const message = `back-off ${formatDelay(delay)} restarting failed container=${run.spec.name} pod=${name}_${namespace}(${uid})`;
      this.record(
        run,
        'Warning',
        'BackOff',
        `Back-off restarting failed container ${run.spec.name} in pod ${name}_${namespace}(${uid})`,
      );
      run.lastState = run.state;
      this.wait(run, 'CrashLoopBackOff', message);
      this.after(delay, () => this.restart(run, onSuccess));
    });
  }

  private restart(run: ContainerRun, onSuccess?: () => void): void {
    if (run.state.terminated) run.lastState = run.state;
    run.restarts += 1;
    this.pull(run, onSuccess);
  }

  private endRun(run: ContainerRun, exitCode: number, reason: string): void {
    run.ready = false;
    run.log?.end();
    if (!run.state.running) return;
    run.state = {
      terminated: {
        exitCode,
        reason,
        startedAt: run.state.running.startedAt,
        finishedAt: timestamp(),
        containerID: run.containerID ?? '',
      },
    };
  }

  private wait(run: ContainerRun, reason: string, message: string): void {
    run.state = { waiting: { reason, message } };
    this.publish();
  }

  private backOff(failures: number): number {
    const { backOffMs, backOffMaxMs } = this.dependencies.timings;
    return Math.min(backOffMs * 2 ** failures, backOffMaxMs);
  }

  private publish(): void {
    const { store } = this.dependencies.registry;
    const current = store.findByUid(this.pod.metadata.uid)?.object as Pod | undefined;
    if (current) this.dependencies.registry.updateStatus('pods', current, this.status(current));
  }

  private status(current: Pod): PodStatus {
    const phase = this.phase();
    const initialized = this.initial.every((run) => run.state.terminated?.exitCode === 0);
    const unready = this.main.filter((run) => !run.ready).map((run) => run.spec.name);
    const ended = phase === 'Succeeded' || phase === 'Failed';
    const observedGeneration = current.metadata.generation ?? 1;
    const completed = { reason: phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed' };
    const why = ended
      ? completed
      : { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
    const entry = (type: string, holds: boolean, reason: object = {}): Condition => ({
      type,
      observedGeneration,
      status: holds ? 'True' : 'False',
      lastProbeTime: null,
      ...(holds ? {} : reason),
    });
    const uninitialized = this.initial
      .filter((run) => run.state.terminated?.exitCode !== 0)
      .map((run) => run.spec.name);
    const wanted = [
      entry('PodReadyToStartContainers', this.sandbox && !ended),
      initialized && phase === 'Succeeded'
        ? { ...entry('Initialized', true), ...completed }
        : entry('Initialized', initialized, {
            reason: 'ContainersNotInitialized',
            message: `containers with incomplete status: [${uninitialized.join(' ')}]`,
          }),
      entry('Ready', unready.length === 0, why),
      entry('ContainersReady', unready.length === 0, why),
    ];
    const names = wanted.map(({ type }) => type);
    const [known, others] = [true, false].map((own) =>
      (current.status?.conditions ?? []).filter(({ type }) => names.includes(type) === own),
    );
    return {
      ...current.status,
      observedGeneration,
      phase,
      ...this.failure,
      conditions: [
        ...wanted.reduce<Condition[]>(withCondition, known ?? []),
        ...(others ?? []).map((other) => ({ ...other, observedGeneration })),
      ],
      hostIP: NODE_ADDRESS,
      hostIPs: [{ ip: NODE_ADDRESS }],
      ...(this.sandbox ? { podIP: this.podIP, podIPs: [{ ip: this.podIP }] } : {}),
      startTime: this.startTime,
      ...(this.initial.length ? { initContainerStatuses: this.initial.map(toStatus) } : {}),
      containerStatuses: this.main.map(toStatus),
      qosClass: qosClass(this.pod.spec),
    };
  }

  private phase(): PodStatus['phase'] {
    const policy = this.pod.spec.restartPolicy ?? 'Always';
    if (this.failure) return 'Failed';
    if (this.terminating && !this.main.some((run) => run.state.running)) {
      return this.main.every((run) => run.state.terminated?.exitCode === 0) ? 'Succeeded' : 'Failed';
    }
    if (policy === 'Never' && this.initial.some((run) => (run.state.terminated?.exitCode ?? 0) !== 0)) return 'Failed';
    if (this.main.some((run) => run.state.waiting && !run.lastState.terminated)) return 'Pending';
    if (policy === 'Always' || this.main.some((run) => !run.state.terminated)) return 'Running';
    if (this.main.every((run) => run.state.terminated?.exitCode === 0)) return 'Succeeded';
    return policy === 'Never' ? 'Failed' : 'Running';
  }

  private record(run: ContainerRun, type: EventText['type'], reason: string, message: string): void {
    const field = run.initial ? 'initContainers' : 'containers';
    const fieldPath = `spec.${field}{${run.spec.name}}`;
    this.dependencies.events.record('kubelet', this.pod, { type, reason, message, fieldPath });
  }

  private after(milliseconds: number, step: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      step();
    }, milliseconds).unref();
    this.timers.add(timer);
  }

  private cancelTimers(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }
}

function newRun(spec: Container, initial: boolean): ContainerRun {
  return {
    spec,
    initial,
    state: { waiting: { reason: initial ? 'PodInitializing' : 'ContainerCreating' } },
    lastState: {},
    ready: false,
    pulled: false,
    pullFailures: 0,
    restarts: 0,
    containerID: undefined,
    log: undefined,
    lines: 0,
  };
}

function toStatus(run: ContainerRun): ContainerStatus {
  const { name, image, resources = {}, volumeMounts = [] } = run.spec;
  const { requests } = resources;
  const mounts = volumeMounts.map((mount) => (mount.readOnly ? { ...mount, recursiveReadOnly: 'Disabled' } : mount));
  const digest = createHash('sha256').update(image).digest('hex');
  return {
    name,
    image,
    imageID: run.pulled ? `${image.split('@')[0]?.replace(/:[^/:]*$/, '')}@sha256:${digest}` : '',
    ...(run.containerID !== undefined ? { containerID: run.containerID } : {}),
    ready: run.initial ? run.state.terminated?.exitCode === 0 : run.ready,
    started: run.state.running !== undefined,
    restartCount: run.restarts,
    state: run.state,
    lastState: run.lastState,
    ...(run.containerID !== undefined ? { resources, ...(requests ? { allocatedResources: requests } : {}) } : {}),
    ...(mounts.length ? { volumeMounts: mounts } : {}),
  };
}

function formatDelay(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 100) / 10;
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
