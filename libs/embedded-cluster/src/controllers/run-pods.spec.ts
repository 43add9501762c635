import { describe, expect, it } from 'vitest';

import type { ContainerStatus, Pod } from '../objects.js';
import { podBody, type Simulation, useSimulation } from '../spec-support/simulation.js';
import { findCondition } from './conditions.js';
import { isReady } from './pods.js';

describe('the node', () => {
  let cluster: Simulation;
  useSimulation((given) => (cluster = given));

  const web = (): ContainerStatus => {
    const [status] = cluster.get('pods', 'web').status?.containerStatuses ?? [];
    if (!status) throw new Error('the pod has no container status yet');
    return status;
  };
  const condition = (pod: Pod, type: string): string | undefined => findCondition(pod.status?.conditions, type)?.status;

  it('brings a pod from pending through creating to ready within half a second', async () => {
    cluster.create('pods', podBody('web', 'nginx:1.25'));
    expect(cluster.get('pods', 'web').status?.phase).toBe('Pending');
    await cluster.pass(200);
    expect(web().state).toEqual({ waiting: { reason: 'ContainerCreating' } });
    expect(condition(cluster.get('pods', 'web'), 'PodScheduled')).toBe('True');
    await cluster.pass(220);
    expect(web()).toMatchObject({ ready: false, started: true, state: { running: {} } });
    await cluster.pass(80);
    const pod = cluster.get('pods', 'web');
    expect(pod.status).toMatchObject({ phase: 'Running', podIP: '10.244.0.2', hostIP: '10.244.0.1' });
    expect(['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => condition(pod, type))).toEqual(
      Array(4).fill('True'),
    );
    expect(web()).toMatchObject({ ready: true, restartCount: 0, image: 'nginx:1.25', lastState: {} });
    expect(web().containerID).toMatch(/^simulated:\/\/[0-9a-f]{64}$/);
    expect(web().imageID).toMatch(/^nginx@sha256:[0-9a-f]{64}$/);
  });

  it('logs a first line at the start and numbered lines from then on, with strictly increasing times', async () => {
    const { metadata } = cluster.create('pods', podBody('web', 'nginx:1.25'));
    await cluster.pass(4600);
    const lines = cluster.logs.find(metadata.uid, 'web', false)?.select({}) ?? [];
    expect(lines.map(({ text }) => text)).toEqual(['web: started from image nginx:1.25', 'web: line 1', 'web: line 2']);
    expect(lines.map(({ time }) => time)).toEqual([...new Set(lines.map(({ time }) => time))].sort());
  });

  it('never pulls the image missing: ErrImagePull, then ImagePullBackOff', async () => {
    cluster.create('pods', podBody('web', 'registry.example:5000/team/missing:1.2'));
    await cluster.pass(310);
    expect(web().state.waiting?.reason).toBe('ErrImagePull');
    await cluster.pass(260);
    expect(web().state.waiting).toMatchObject({
      reason: 'ImagePullBackOff',
      message: expect.stringContaining('Back-off pulling image "registry.example:5000/team/missing:1.2"'),
    });
    await cluster.pass(60_000);
    expect(cluster.get('pods', 'web').status?.phase).toBe('Pending');
    expect(web().restartCount).toBe(0);
  });

  it('restarts the image crash with growing delays, and keeps the log of the run before', async () => {
    const { metadata } = cluster.create('pods', podBody('web', 'team/crash:1'));
    const restarts: number[] = [];
    for (let second = 0; second < 64; second += 1) {
      await cluster.pass(1000);
      if (web().restartCount > (restarts.length ? restarts.length : 0)) restarts.push(second);
    }
    expect(restarts[0]).toBe(0);
    // At once, then after 1, 2, 4, 8, 16 and 30 seconds.
    expect(restarts.length).toBeGreaterThanOrEqual(5);
    const gaps = restarts.slice(1).map((second, index) => second - (restarts[index] ?? 0));
    expect(gaps).toEqual(gaps.toSorted((a, b) => a - b));
    expect(gaps.at(-1)).toBeGreaterThan(10);
    expect(web().state.waiting).toMatchObject({
      reason: 'CrashLoopBackOff',
      message: expect.stringMatching(/^back-off 30s restarting failed container=web pod=web_default\(/),
    });
    expect(web().lastState.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
    expect(cluster.get('pods', 'web').status?.phase).toBe('Running');
    for (const previous of [false, true]) {
      const texts = cluster.logs
        .find(metadata.uid, 'web', previous)
        ?.select({})
        .map(({ text }) => text);
      expect(texts?.at(-1)).toBe('web: fatal: the image named crash always ends with exit code 3');
    }
  });

  it('ends the log that is followed with the container, not with the pod', async () => {
    const { metadata } = cluster.create('pods', podBody('web', 'crash'));
    await cluster.pass(450);
    let ended = false;
    cluster.logs.find(metadata.uid, 'web', false)?.follow(
      () => undefined,
      () => {
        ended = true;
      },
    );
    expect(ended).toBe(false);
    await cluster.pass(200);
    expect(ended).toBe(true);
  });

  it('kills the image memory for its memory', async () => {
    cluster.create('pods', podBody('web', 'memory:2'));
    await cluster.pass(1000);
    expect(web().lastState.terminated ?? web().state.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
    await cluster.pass(2000);
    expect(web().restartCount).toBeGreaterThan(0);
  });

  it('makes the image slow ready after seconds and the image unready never', async () => {
    cluster.create('pods', podBody('web', 'slow'));
    cluster.create('pods', podBody('never', 'unready'));
    await cluster.pass(2000);
    expect([isReady(cluster.get('pods', 'web')), web().started]).toEqual([false, true]);
    await cluster.pass(2000);
    expect(isReady(cluster.get('pods', 'web'))).toBe(true);
    await cluster.pass(600_000);
    const never = cluster.get('pods', 'never');
    expect(findCondition(never.status?.conditions, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [web]',
    });
    expect(never.status?.phase).toBe('Running');
  });

  it('waits for a Secret that envFrom names and goes on once it exists', async () => {
    cluster.create('pods', podBody('web', 'nginx', { envFrom: [{ secretRef: { name: 'web-env' } }] }));
    await cluster.pass(1000);
    expect(web().state.waiting).toEqual({
      reason: 'CreateContainerConfigError',
      message: 'secret "web-env" not found',
    });
    cluster.create('secrets', { metadata: { name: 'web-env' } });
    await cluster.pass(2000);
    expect(isReady(cluster.get('pods', 'web'))).toBe(true);
  });

  it('waits for a key that a variable takes from a Secret', async () => {
    cluster.create('secrets', { metadata: { name: 'web-env' }, stringData: { other: 'x' } });
    const valueFrom = { secretKeyRef: { name: 'web-env', key: 'password' } };
    cluster.create('pods', podBody('web', 'nginx', { env: [{ name: 'PASSWORD', valueFrom }] }));
    await cluster.pass(1000);
    expect(web().state.waiting?.message).toBe("couldn't find key password in Secret default/web-env");
  });

  it('warns of a pull secret that is missing, and pulls all the same', async () => {
    cluster.create('pods', podBody('web', 'nginx', {}, { imagePullSecrets: [{ name: 'registry' }] }));
    await cluster.pass(1000);
    expect(cluster.list('events').find(({ reason }) => reason === 'FailedToRetrieveImagePullSecret')?.message).toBe(
      'Unable to retrieve some image pull secrets (registry); attempting to pull the image may not succeed.',
    );
    expect(isReady(cluster.get('pods', 'web'))).toBe(true);
  });

  it('runs init containers one after the other before the others', async () => {
    const initContainers = [
      { name: 'first', image: 'busybox:1' },
      { name: 'second', image: 'busybox:2' },
    ];
    cluster.create('pods', podBody('web', 'nginx', {}, { initContainers }));
    await cluster.pass(1000);
    const pod = cluster.get('pods', 'web');
    expect(pod.status?.initContainerStatuses?.map(({ state }) => Object.keys(state)[0])).toEqual([
      'terminated',
      'waiting',
    ]);
    expect(web().state.waiting?.reason).toBe('PodInitializing');
    expect(condition(pod, 'Initialized')).toBe('False');
    await cluster.pass(2000);
    expect(isReady(cluster.get('pods', 'web'))).toBe(true);
  });

  it('ends a pod that need not run for ever, and keeps its log', async () => {
    const { metadata } = cluster.create('pods', podBody('web', 'task:1', {}, { restartPolicy: 'Never' }));
    await cluster.pass(1500);
    expect(cluster.get('pods', 'web').status?.phase).toBe('Succeeded');
    expect(web().state.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
    expect(cluster.logs.find(metadata.uid, 'web', false)?.select({}).at(-1)?.text).toBe('web: done');
  });

  it('gives a deleted pod time to end, then removes it and its log', async () => {
    const { metadata } = cluster.create('pods', podBody('web', 'nginx'));
    await cluster.pass(1000);
    const { gone } = cluster.registry.delete('pods', 'default', 'web');
    expect(gone).toBe(false);
    expect(cluster.get('pods', 'web').metadata.deletionGracePeriodSeconds).toBe(30);
    await cluster.pass(100);
    expect(cluster.get('pods', 'web').metadata.deletionTimestamp).toBeDefined();
    await cluster.pass(150);
    expect(cluster.list('pods')).toEqual([]);
    expect(cluster.logs.find(metadata.uid, 'web', false)).toBeUndefined();
  });

  it('leaves a pod alone that took the name of one that was removed by force', async () => {
    cluster.create('pods', podBody('web', 'nginx'));
    await cluster.pass(1000);
    cluster.registry.delete('pods', 'default', 'web');
    await cluster.pass(100);
    cluster.registry.delete('pods', 'default', 'web', { gracePeriodSeconds: 0 });
    const { metadata } = cluster.create('pods', podBody('web', 'nginx'));
    await cluster.pass(2000);
    expect(cluster.get('pods', 'web').metadata.uid).toBe(metadata.uid);
    expect(isReady(cluster.get('pods', 'web'))).toBe(true);
  });

  it('survives that a pod is removed by force in the moment in which it ends', async () => {
    cluster.create('pods', podBody('web', 'nginx'));
    await cluster.pass(1000);
    setTimeout(() => cluster.registry.delete('pods', 'default', 'web', { gracePeriodSeconds: 0 }), 200);
    cluster.registry.delete('pods', 'default', 'web');
    await cluster.pass(1000);
    expect(cluster.list('pods')).toEqual([]);
  });

  it('leaves a deleted pod its time also when somebody changes it meanwhile', async () => {
    cluster.create('pods', podBody('web', 'nginx'));
    await cluster.pass(1000);
    cluster.registry.delete('pods', 'default', 'web');
    const labels = { app: 'web', marked: 'yes' };
    const ending = cluster.get('pods', 'web');
    cluster.registry.change('pods', ending, (pod) => ({ ...pod, metadata: { ...pod.metadata, labels } }));
    await cluster.pass(100);
    expect(cluster.get('pods', 'web').metadata.labels).toEqual(labels);
    await cluster.pass(150);
    expect(cluster.list('pods')).toEqual([]);
  });

  it('keeps a deleted pod that a finalizer holds until the finalizer is gone', async () => {
    const body = podBody('web', 'nginx');
    cluster.create('pods', { ...body, metadata: { name: 'web', finalizers: ['example.com/hold'] } });
    await cluster.pass(1000);
    cluster.registry.delete('pods', 'default', 'web');
    await cluster.pass(60_000);
    const held = cluster.get('pods', 'web');
    cluster.registry.change('pods', held, (pod) => ({ ...pod, metadata: { ...pod.metadata, finalizers: [] } }));
    expect(cluster.list('pods')).toEqual([]);
  });

  it('writes events that count up instead of piling up', async () => {
    cluster.create('pods', podBody('web', 'crash'));
    await cluster.pass(60_000);
    const events = cluster.list('events');
    expect(events.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(['Scheduled', 'Pulling', 'Pulled', 'Created', 'Started', 'BackOff']),
    );
    expect(events.find(({ reason }) => reason === 'Started')?.count).toBeGreaterThan(3);
    expect(events.filter(({ reason }) => reason === 'Started')).toHaveLength(1);
  });
});
