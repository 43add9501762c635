import type { V1ContainerStatus, V1Deployment, V1Pod, V1Probe } from '@slipway/cluster';
import type { Phase } from '@slipway/contracts';
import { describe, expect, it } from 'vitest';

import { observedStatus, type Wanted } from './observed-status.js';

const now = new Date('2026-03-01T10:00:00.000Z');
const ago = (seconds: number): string => new Date(now.getTime() - seconds * 1000).toISOString();

const restartedAt = new Date(ago(5));

const wanted: Wanted = {
  replicas: 2,
  revision: 3,
  restartedAt: null,
  revisionReady: true,
  servedSinceStart: true,
  changedAt: new Date(ago(60)),
  told: { phase: 'running', since: new Date(ago(50)) },
};

type DeploymentStatus = NonNullable<V1Deployment['status']>;

function deployment(
  status: DeploymentStatus = {},
  more: { replicas?: number; generation?: number; revision?: number; restartedAt?: Date } = {},
): V1Deployment {
  const { replicas = 2, generation = 7, revision = 3 } = more;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'shop', generation },
    spec: {
      replicas,
      selector: {},
      template: { metadata: { annotations: marks(revision, more.restartedAt) } },
    },
    status: { observedGeneration: 7, ...status },
  };
}

const full: DeploymentStatus = { replicas: 2, readyReplicas: 2, updatedReplicas: 2, availableReplicas: 2 };

function marks(revision: number, restartedAt?: Date): Record<string, string> {
  return {
    'slipway.dev/revision': String(revision),
    ...(restartedAt && { 'kubectl.kubernetes.io/restartedAt': restartedAt.toISOString() }),
  };
}

interface PodGiven {
  revision?: number;
  restartedAt?: Date;
  ready?: boolean;
  leaving?: boolean;
  phase?: string;
  restarts?: number;
  state?: V1ContainerStatus['state'];
  lastState?: V1ContainerStatus['lastState'];
  unschedulableFor?: number;
  check?: V1Probe;
  memoryLimit?: string;
}

function pod(given: PodGiven = {}): V1Pod {
  const { revision = 3, ready = false, restarts = 0, state, lastState, unschedulableFor } = given;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'shop-1',
      annotations: marks(revision, given.restartedAt),
      ...(given.leaving && { deletionTimestamp: ago(1) }),
    },
    spec: {
      containers: [
        {
          name: 'app',
          ports: [{ name: 'http', containerPort: 8080 }],
          readinessProbe: given.check,
          resources: { limits: given.memoryLimit === undefined ? {} : { memory: given.memoryLimit } },
        },
      ],
    },
    status: {
      phase: given.phase ?? 'Running',
      conditions: [
        ready
          ? { type: 'Ready', status: 'True' }
          : {
              type: 'Ready',
              status: 'False',
              reason: 'ContainersNotReady',
              message: 'containers with unready status: [app]',
            },
        ...(unschedulableFor === undefined
          ? []
          : [
              {
                type: 'PodScheduled',
                status: 'False',
                reason: 'Unschedulable',
                message: '0/3 nodes are available',
                lastTransitionTime: ago(unschedulableFor),
              },
            ]),
      ],
      containerStatuses: [
        {
          name: 'app',
          image: 'shop:1',
          imageID: '',
          ready,
          restartCount: restarts,
          state,
          lastState,
        },
      ],
    },
  };
}

const ready = pod({ ready: true });
const old = pod({ ready: true, revision: 2 });
const waiting = (reason: string, message?: string) => ({ waiting: { reason, message } });
/** The message without what to do about it, which next-step.spec.ts tells. */
const cause = (message: string): string => message.replace(/(^|\. )[A-Z][^.]+$/, '');
const ended = (exitCode: number, reason = 'Error', message?: string) => ({ terminated: { exitCode, reason, message } });

describe('observedStatus', () => {
  describe('of an App that shall run', () => {
    it.each<[string, V1Deployment | undefined, V1Pod[], Partial<Wanted>, string]>([
      ['runs when all wanted pods are ready', deployment(full), [ready, ready], {}, 'running'],
      [
        'runs while pods that are on their way out still end',
        deployment(full),
        [ready, ready, pod({ leaving: true, revision: 2 })],
        {},
        'running',
      ],
      [
        'is updating while pods of before a restart serve',
        deployment({ ...full, updatedReplicas: 1 }, { restartedAt }),
        [ready, pod({ restartedAt })],
        { restartedAt },
        'updating',
      ],
      [
        'is updating before the cluster has taken a restart',
        deployment(full),
        [ready, ready],
        { restartedAt },
        'updating',
      ],
      [
        'runs when all pods are of its last restart',
        deployment(full, { restartedAt }),
        [pod({ ready: true, restartedAt }), pod({ ready: true, restartedAt })],
        { restartedAt },
        'running',
      ],
      [
        'runs when somebody else restarted it',
        deployment(full, { restartedAt }),
        [pod({ ready: true, restartedAt }), pod({ ready: true, restartedAt })],
        {},
        'running',
      ],
      [
        'is pending before there is a Deployment',
        undefined,
        [],
        { revisionReady: false, servedSinceStart: false },
        'pending',
      ],
      [
        'is deploying until the first pods are ready',
        deployment({ replicas: 2, updatedReplicas: 2 }),
        [pod(), pod()],
        { revisionReady: false, servedSinceStart: false },
        'deploying',
      ],
      [
        'is deploying while some of the first pods are ready',
        deployment({ ...full, readyReplicas: 1 }),
        [ready, pod()],
        { revisionReady: false, servedSinceStart: false },
        'deploying',
      ],
      [
        'is deploying when it starts again',
        deployment({ replicas: 2, updatedReplicas: 2 }),
        [pod(), pod()],
        { servedSinceStart: false },
        'deploying',
      ],
      [
        'is updating while pods of an older Revision serve',
        deployment({ replicas: 3, readyReplicas: 2, updatedReplicas: 1 }),
        [old, old, pod()],
        { revisionReady: false },
        'updating',
      ],
      [
        'is updating until the last old pod is gone, whatever is ready',
        deployment({ replicas: 3, readyReplicas: 3, updatedReplicas: 2 }),
        [ready, ready, old],
        { revisionReady: false },
        'updating',
      ],
      [
        'is updating while the Deployment still counts an old pod that is gone',
        deployment({ replicas: 3, readyReplicas: 3, updatedReplicas: 2 }),
        [ready, ready],
        { revisionReady: false, told: { phase: 'updating', since: now } },
        'updating',
      ],
      [
        'is deploying when an update serves no more',
        deployment({ replicas: 3, updatedReplicas: 2 }),
        [pod(), pod()],
        { revisionReady: false, told: { phase: 'updating', since: now } },
        'deploying',
      ],
      [
        'is deploying when no older Revision serves an update',
        deployment({ replicas: 3, updatedReplicas: 1 }),
        [pod({ revision: 2 }), pod()],
        { revisionReady: false },
        'deploying',
      ],
      [
        'is scaling when the count rises',
        deployment({ replicas: 2, readyReplicas: 1, updatedReplicas: 2 }),
        [ready, pod()],
        {},
        'scaling',
      ],
      [
        'is scaling when more than wanted are left',
        deployment({ replicas: 3, readyReplicas: 3, updatedReplicas: 3 }),
        [ready, ready, ready],
        {},
        'scaling',
      ],
      [
        'is scaling when a pod was lost',
        deployment({ replicas: 1, readyReplicas: 1, updatedReplicas: 1 }),
        [ready],
        {},
        'scaling',
      ],
      [
        'is scaling when its only pod was lost',
        deployment({ replicas: 1, updatedReplicas: 1 }, { replicas: 1 }),
        [pod()],
        { replicas: 1 },
        'scaling',
      ],
      [
        'does not run before the cluster has seen the wanted generation',
        deployment(full, { generation: 8 }),
        [ready, ready],
        {},
        'scaling',
      ],
      [
        'does not run on a Revision that the cluster has not taken',
        deployment(full, { revision: 2 }),
        [old, old],
        { revisionReady: false },
        'updating',
      ],
      [
        'does not run on another count than the wanted one',
        deployment(full, { replicas: 5 }),
        [ready, ready],
        {},
        'scaling',
      ],
      [
        'does not run on pods that the Deployment counts, and that are gone',
        deployment(full),
        [ready, pod({ leaving: true, ready: true })],
        {},
        'scaling',
      ],
      [
        'does not run on pods that the Deployment counts, and that are not ready',
        deployment(full),
        [ready, pod()],
        {},
        'scaling',
      ],
      [
        'does not run on ready pods that are gone',
        deployment({ ...full, readyReplicas: undefined }),
        [],
        {},
        'scaling',
      ],
    ])('%s', (_, live, pods, more, phase) => {
      expect(observedStatus({ deployment: live, pods }, { ...wanted, ...more }, now)).toMatchObject({
        phase,
        reason: '',
      });
    });
  });

  describe('of an App that shall stand still', () => {
    const off = { ...wanted, replicas: 0 };
    const none = deployment({}, { replicas: 0 });
    it.each<[string, V1Deployment | undefined, V1Pod[], string]>([
      ['is stopped when no pod is left', none, [], 'stopped'],
      ['is stopped when there never was a Deployment', undefined, [], 'stopped'],
      [
        'is stopped when only ended pods are listed',
        none,
        [pod({ phase: 'Failed' }), pod({ phase: 'Succeeded' })],
        'stopped',
      ],
      ['is stopping while a pod ends', none, [pod({ leaving: true })], 'stopping'],
      ['is stopping until the cluster has seen it', deployment({}, { replicas: 0, generation: 8 }), [], 'stopping'],
      ['is stopping while the Deployment counts pods', deployment({ replicas: 1 }, { replicas: 0 }), [], 'stopping'],
      ['is stopping while the Deployment wants pods', deployment({}, { replicas: 2 }), [], 'stopping'],
      ['does not fail for pods that end anyway', none, [pod({ state: waiting('ImagePullBackOff') })], 'stopping'],
    ])('%s', (_, live, pods, phase) => {
      expect(observedStatus({ deployment: live, pods }, off, now)).toMatchObject({ phase, reason: '' });
    });
  });

  describe('of an App that makes no progress', () => {
    const few = deployment({ replicas: 2, updatedReplicas: 2 });
    const withCondition = (type: string, status: string, reason: string, message: string) =>
      deployment({ replicas: 0, conditions: [{ type, status, reason, message }] });
    const quota = withCondition(
      'ReplicaFailure',
      'True',
      'FailedCreate',
      'pods "shop-1" is forbidden: exceeded quota: slipway',
    );
    const deadline = withCondition(
      'Progressing',
      'False',
      'ProgressDeadlineExceeded',
      'ReplicaSet "shop-1" has timed out',
    );

    it.each<[string, V1Deployment, V1Pod[], string]>([
      ['ErrImagePull', few, [pod({ state: waiting('ErrImagePull', 'not found') })], 'not found'],
      [
        'ImagePullBackOff',
        few,
        [pod({ state: waiting('ImagePullBackOff', 'Back-off pulling image') })],
        'Back-off pulling image',
      ],
      ['InvalidImageName', few, [pod({ state: waiting('InvalidImageName') })], 'container app: InvalidImageName'],
      [
        'CreateContainerConfigError',
        few,
        [pod({ state: waiting('CreateContainerConfigError', 'secret not found') })],
        'secret not found',
      ],
      [
        'CrashLoopBackOff',
        few,
        [pod({ state: waiting('CrashLoopBackOff'), lastState: ended(1), restarts: 3 })],
        'container app ended with exit code 1; restarted 3 times',
      ],
      [
        'CrashLoopBackOff',
        few,
        [pod({ state: ended(2, 'Error', 'no config\n'), restarts: 3 })],
        'container app ended with exit code 2: no config; restarted 3 times',
      ],
      ['OOMKilled', few, [pod({ state: ended(137, 'OOMKilled') })], 'container app ran out of memory'],
      [
        'OOMKilled',
        few,
        [pod({ state: waiting('CrashLoopBackOff'), lastState: ended(137, 'OOMKilled'), restarts: 1 })],
        'container app ran out of memory; restarted once',
      ],
      ['Unschedulable', few, [pod({ unschedulableFor: 60 })], '0/3 nodes are available'],
      ['ProgressDeadlineExceeded', deadline, [], 'ReplicaSet "shop-1" has timed out'],
      ['ExceededQuota', quota, [], 'pods "shop-1" is forbidden: exceeded quota: slipway'],
    ])('fails with %s', (reason, live, pods, message) => {
      const status = observedStatus({ deployment: live, pods }, wanted, now);
      expect(status).toMatchObject({ phase: 'failed', reason });
      expect(cause(status.message)).toBe(message);
    });

    it('fails with what a container that somebody has put before the App’s does not get over', () => {
      const { status, ...rest } = pod();
      const [first] = pod({ state: waiting('ErrImagePull', 'no such image') }).status?.containerStatuses ?? [];
      const injected = { ...rest, status: { ...status, initContainerStatuses: first && [{ ...first, name: 'init' }] } };
      expect(observedStatus({ deployment: few, pods: [injected] }, wanted, now)).toMatchObject({
        phase: 'failed',
        reason: 'ErrImagePull',
      });
    });

    it('fails while ready pods of an older Revision keep serving', () => {
      const live = deployment({ replicas: 3, readyReplicas: 2, updatedReplicas: 1 });
      const pods = [old, old, pod({ state: waiting('ErrImagePull') })];
      expect(observedStatus({ deployment: live, pods }, wanted, now)).toMatchObject({
        phase: 'failed',
        counts: { ready: 2 },
      });
    });

    it('fails on a count that the cluster has not seen yet, when the pods that are there cannot start', () => {
      const pods = [pod({ state: waiting('ErrImagePull') })];
      expect(observedStatus({ deployment: deployment({}, { generation: 8 }), pods }, wanted, now).phase).toBe('failed');
    });

    it.each<[string, PodGiven]>([
      ['fewer than three restarts', { state: waiting('CrashLoopBackOff'), lastState: ended(1), restarts: 2 }],
      ['a container that is being made', { state: waiting('ContainerCreating') }],
      [
        'a Secret that the node has not read yet',
        {
          state: waiting(
            'CreateContainerConfigError',
            'failed to sync secret cache: timed out waiting for the condition',
          ),
        },
      ],
      [
        'an image whose pull the node puts off',
        {
          state: waiting('ImagePullBackOff', 'Back-off pulling image "shop:1": ErrImagePull: pull QPS exceeded'),
        },
      ],
      ['troubles of an older Revision', { state: waiting('ErrImagePull'), revision: 2 }],
      ['troubles of a pod on its way out', { state: waiting('ErrImagePull'), leaving: true }],
      ['crashes that are long over', { state: { running: { startedAt: ago(10) } }, lastState: ended(1), restarts: 9 }],
    ])('does not fail for %s', (_, given) => {
      expect(observedStatus({ deployment: few, pods: [pod(given)] }, wanted, now).phase).toBe('scaling');
    });

    it('does not believe a container that crashed before until it has run for ten seconds, even when it is ready', () => {
      const pods = [
        ready,
        pod({ ready: true, state: { running: { startedAt: ago(4) } }, lastState: ended(1), restarts: 3 }),
      ];
      expect(observedStatus({ deployment: deployment(full), pods }, wanted, now)).toMatchObject({
        phase: 'failed',
        reason: 'CrashLoopBackOff',
        lookAgainMs: 6_000,
      });
    });

    it('waits for a node and says when to look again', () => {
      const status = observedStatus({ deployment: few, pods: [pod({ unschedulableFor: 45 })] }, wanted, now);
      expect(status).toMatchObject({ phase: 'scaling', reason: 'Unschedulable', lookAgainMs: 15_000 });
    });

    it('tells what keeps the cluster from making pods before the deadline has passed', () => {
      const live = withCondition('ReplicaFailure', 'True', 'FailedCreate', 'violates PodSecurity "restricted:latest"');
      expect(observedStatus({ deployment: live, pods: [] }, wanted, now)).toMatchObject({
        phase: 'scaling',
        reason: 'FailedCreate',
        message: 'violates PodSecurity "restricted:latest"',
      });
    });

    it.each<[string, PodGiven, string, string]>([
      [
        'a container that crashed once and waits for its restart',
        { state: waiting('CrashLoopBackOff', 'back-off 10s'), lastState: ended(3), restarts: 1 },
        'CrashLoopBackOff',
        'container app ended with exit code 3; restarted once',
      ],
      [
        'a container that the node cannot make',
        { state: waiting('CreateContainerError', 'no command specified') },
        'CreateContainerError',
        'no command specified',
      ],
      ['a pod that no node takes', { unschedulableFor: 1 }, 'Unschedulable', '0/3 nodes are available'],
      [
        'a pod that runs for five seconds and is not ready',
        { state: { running: { startedAt: ago(5) } }, check: { httpGet: { path: '/health', port: 'http' } } },
        'ContainersNotReady',
        'containers with unready status: [app]; GET /health on port 8080 of container app does not succeed',
      ],
      [
        'a pod that runs for five seconds and does not listen',
        { state: { running: { startedAt: ago(5) } }, check: { tcpSocket: { port: 'http' } } },
        'ContainersNotReady',
        'containers with unready status: [app]; container app accepts no connection on port 8080',
      ],
    ])('tells of %s at once, which is no failure yet', (_, given, reason, message) => {
      const status = observedStatus({ deployment: few, pods: [pod(given)] }, wanted, now);
      expect(status).toMatchObject({ phase: 'scaling', reason });
      expect(cause(status.message)).toBe(message);
    });

    it('gives a container five seconds to become ready, also one that runs again after a crash', () => {
      const given = { state: { running: { startedAt: ago(4) } }, lastState: ended(1), restarts: 1 };
      expect(observedStatus({ deployment: few, pods: [pod(given)] }, wanted, now)).toMatchObject({
        phase: 'scaling',
        reason: '',
        lookAgainMs: 1_000,
      });
    });

    it('says at the deadline which check fails', () => {
      const given = { state: { running: { startedAt: ago(600) } }, check: { httpGet: { path: '/x', port: 'http' } } };
      const status = observedStatus({ deployment: deadline, pods: [pod(given)] }, wanted, now);
      expect(status).toMatchObject({ phase: 'failed', reason: 'ProgressDeadlineExceeded' });
      expect(status.message).toMatch(/GET \/x on port 8080 of container app does not succeed\. See that/);
    });

    it('names the memory limit that was too low', () => {
      const given = { state: ended(137, 'OOMKilled'), memoryLimit: '64Mi' };
      expect(observedStatus({ deployment: few, pods: [pod(given)] }, wanted, now).message).toMatch(
        /^container app ran out of memory, its limit is 64Mi\. /,
      );
    });

    it('cuts a message that is too long', () => {
      const pods = [pod({ state: waiting('ErrImagePull', 'x'.repeat(9000)) })];
      expect(observedStatus({ deployment: few, pods }, wanted, now).message).toHaveLength(4096);
    });
  });

  describe('of an App whose cluster is partly silent', () => {
    const told = (phase: Phase, seconds: number): Partial<Wanted> => ({
      told: { phase, since: new Date(ago(seconds)) },
    });
    const onNode = (nodeName: string, since: number): V1Pod => {
      const one = pod({ ready: true });
      const conditions = [
        { type: 'Ready', status: 'False', lastTransitionTime: ago(since) },
        { type: 'ContainersReady', status: 'True', lastTransitionTime: ago(300) },
      ];
      return { ...one, spec: { nodeName, containers: [] }, status: { ...one.status, conditions } };
    };

    it('tells which node is silent, and since when', () => {
      const live = deployment({ replicas: 3, updatedReplicas: 3, readyReplicas: 1 }, { replicas: 3 });
      const pods = [ready, onNode('node-1', 7), onNode('node-1', 9)];
      expect(observedStatus({ deployment: live, pods }, { ...wanted, replicas: 3 }, now)).toMatchObject({
        phase: 'scaling',
        reason: 'NodeNotReady',
        message: `the node node-1 of 2 pods does not answer since ${ago(9)}. See that the node and its kubelet run; what ran there may still do so`,
        counts: { desired: 3, ready: 1 },
      });
    });

    it.each<[string, V1Deployment, V1Pod[], Partial<Wanted>, Phase]>([
      ['a change that it does not see', deployment(full, { generation: 8 }), [ready, ready], {}, 'scaling'],
      ['a pod that it does not miss', deployment(full), [ready], {}, 'scaling'],
      ['a stop', deployment(full, { replicas: 0, generation: 8 }), [ready, ready], { replicas: 0 }, 'stopping'],
    ])('tells of %s once nothing has moved for ten seconds', (_, live, pods, more, phase) => {
      const after = (seconds: number, given: Partial<Wanted> = {}) =>
        observedStatus({ deployment: live, pods }, { ...wanted, ...more, ...told(phase, seconds), ...given }, now);
      expect(after(10)).toMatchObject({
        phase,
        reason: 'ControllersSilent',
        message: `the cluster has not acted on it since ${ago(10)}. See that the cluster's kube-controller-manager runs`,
      });
      expect(after(8)).toMatchObject({ phase, reason: '', lookAgainMs: 2_000 });
      expect(after(10, { changedAt: new Date(ago(3)) })).toMatchObject({ reason: '', lookAgainMs: 7_000 });
      expect(after(10, told('running', 10))).toMatchObject({ reason: '', lookAgainMs: 10_000 });
    });

    it('does not call a rollout silent in which pods move', () => {
      const moving = pod();
      const pods = [{ ...moving, metadata: { ...moving.metadata, creationTimestamp: ago(2) } }];
      const status = observedStatus({ deployment: deployment(full), pods }, { ...wanted, ...told('scaling', 40) }, now);
      expect(status).toMatchObject({ phase: 'scaling', reason: '', lookAgainMs: 8_000 });
    });
  });

  it('counts wanted, ready, updated and available replicas and the restarts of the present pods', () => {
    const live = deployment({ replicas: 3, readyReplicas: 2, updatedReplicas: 1, availableReplicas: 1 });
    const pods = [
      pod({ restarts: 2, ready: true }),
      pod({ restarts: 1, ready: true, revision: 2 }),
      pod({ restarts: 9, leaving: true }),
    ];
    expect(observedStatus({ deployment: live, pods }, wanted, now)).toMatchObject({
      counts: { desired: 2, ready: 2, updated: 1, available: 1 },
      restarts: 3,
    });
  });
});
