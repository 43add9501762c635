import { describe, expect, it } from 'vitest';

import type { Condition, Deployment, JsonObject } from '../objects.js';
import { deploymentBody, type Simulation, useSimulation } from '../spec-support/simulation.js';
import { findCondition } from './conditions.js';
import { isActive, isReady } from './pods.js';

describe('deployments', () => {
  let cluster: Simulation;
  useSimulation((given) => (cluster = given));

  const web = (): Deployment => cluster.get('deployments', 'web');
  const condition = (type: string): Condition | undefined => findCondition(web().status?.conditions, type);
  const update = (image: string, spec: JsonObject = {}): void => {
    cluster.registry.update('deployments', 'default', 'web', deploymentBody('web', image, spec));
  };
  const imagesServing = (): string[] =>
    cluster
      .list('pods')
      .filter((pod) => isReady(pod) && isActive(pod))
      .map((pod) => pod.spec.containers[0]?.image ?? '');

  it('brings up the wanted pods under one ReplicaSet and says so', async () => {
    cluster.create('deployments', deploymentBody('web', 'nginx:1', { replicas: 2 }));
    await cluster.pass(100);
    expect(web().status).toMatchObject({
      observedGeneration: 1,
      replicas: 2,
      updatedReplicas: 2,
      unavailableReplicas: 2,
    });
    expect(condition('Available')).toMatchObject({ status: 'False', reason: 'MinimumReplicasUnavailable' });
    await cluster.pass(1000);
    expect(web().status).toMatchObject({
      observedGeneration: 1,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
    });
    expect(web().status).not.toHaveProperty('unavailableReplicas');
    expect(condition('Available')).toMatchObject({ status: 'True', reason: 'MinimumReplicasAvailable' });
    expect(condition('Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
    const [set, ...others] = cluster.list('replicasets');
    expect(others).toEqual([]);
    const hash = set?.metadata.labels?.['pod-template-hash'];
    expect(set?.metadata.name).toBe(`web-${hash}`);
    expect(cluster.list('pods').map(({ metadata }) => metadata.labels)).toEqual(
      Array(2).fill({ app: 'web', 'pod-template-hash': hash }),
    );
    expect(web().metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('1');
  });

  it('keeps the old revision serving until the new pods are ready', async () => {
    cluster.create('deployments', deploymentBody('web', 'nginx:1', { replicas: 4 }));
    await cluster.pass(1000);
    update('nginx:2', { replicas: 4 });
    const serving: number[] = [];
    const pods: number[] = [];
    for (let step = 0; step < 100; step += 1) {
      await cluster.pass(50);
      serving.push(imagesServing().length);
      pods.push(cluster.list('pods').filter(isActive).length);
    }
    // A quarter of four may be missing, a quarter more may be there.
    expect(Math.min(...serving)).toBe(3);
    expect(Math.max(...pods)).toBe(5);
    expect(imagesServing()).toEqual(Array(4).fill('nginx:2'));
    expect(web().status).toMatchObject({
      observedGeneration: 2,
      replicas: 4,
      updatedReplicas: 4,
      availableReplicas: 4,
    });
    expect(web().metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2');
  });

  it('leaves a single replica untouched by an image that never comes, until the progress deadline says so', async () => {
    cluster.create('deployments', deploymentBody('web', 'nginx:1', { progressDeadlineSeconds: 5 }));
    await cluster.pass(1000);
    update('missing:2', { progressDeadlineSeconds: 5 });
    await cluster.pass(2000);
    expect(condition('Progressing')).toMatchObject({ status: 'True', reason: 'ReplicaSetUpdated' });
    await cluster.pass(6000);
    expect(condition('Progressing')).toMatchObject({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: expect.stringMatching(/^ReplicaSet "web-\w+" has timed out progressing\.$/),
    });
    expect(condition('Available')?.status).toBe('True');
    expect(imagesServing()).toEqual(['nginx:1']);
    update('nginx:3', { progressDeadlineSeconds: 5 });
    await cluster.pass(2000);
    expect(imagesServing()).toEqual(['nginx:3']);
    expect(condition('Progressing')?.reason).toBe('NewReplicaSetAvailable');
  });

  it('goes back to an old template through its old ReplicaSet, as a new revision', async () => {
    cluster.create('deployments', deploymentBody('web', 'nginx:1'));
    await cluster.pass(1000);
    const [first] = cluster.list('replicasets');
    update('nginx:2');
    await cluster.pass(2000);
    update('nginx:1');
    await cluster.pass(2000);
    expect(cluster.list('replicasets')).toHaveLength(2);
    expect(cluster.get('replicasets', first?.metadata.name ?? '').status?.readyReplicas).toBe(1);
    expect(web().metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
  });

  it('scales up and down without a new revision', async () => {
    cluster.create('deployments', deploymentBody('web', 'nginx:1'));
    await cluster.pass(1000);
    update('nginx:1', { replicas: 3 });
    await cluster.pass(1000);
    expect(web().status).toMatchObject({ observedGeneration: 2, availableReplicas: 3 });
    update('nginx:1', { replicas: 0 });
    await cluster.pass(1000);
    expect(cluster.list('pods')).toEqual([]);
    expect(web().status).toMatchObject({ observedGeneration: 3 });
    expect(web().status).not.toHaveProperty('replicas');
    expect(cluster.list('replicasets')).toHaveLength(1);
  });

  it('recreates only after the last old pod is gone', async () => {
    const strategy = { strategy: { type: 'Recreate' } };
    cluster.create('deployments', deploymentBody('web', 'nginx:1', strategy));
    await cluster.pass(1000);
    update('nginx:2', strategy);
    for (let step = 0; step < 40; step += 1) {
      await cluster.pass(50);
      const images = new Set(cluster.list('pods').map((pod) => pod.spec.containers[0]?.image));
      expect(images.size).toBeLessThanOrEqual(1);
    }
    expect(imagesServing()).toEqual(['nginx:2']);
  });

  it('honours minReadySeconds before it calls a pod available', async () => {
    cluster.create('deployments', deploymentBody('web', 'nginx:1', { minReadySeconds: 5 }));
    await cluster.pass(2000);
    expect(web().status).toMatchObject({ readyReplicas: 1, unavailableReplicas: 1 });
    await cluster.pass(5000);
    expect(web().status).toMatchObject({ availableReplicas: 1 });
  });

  it('shows a quota that refuses pods as ReplicaFailure, and goes on when there is room', async () => {
    cluster.create('resourcequotas', { metadata: { name: 'small' }, spec: { hard: { pods: '1' } } });
    cluster.create('deployments', deploymentBody('web', 'nginx:1', { replicas: 2 }));
    await cluster.pass(1000);
    expect(condition('ReplicaFailure')).toMatchObject({
      status: 'True',
      reason: 'FailedCreate',
      message: expect.stringMatching(
        /^pods "web-\w+-\w{5}" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1$/,
      ),
    });
    expect(cluster.get('resourcequotas', 'small').status).toEqual({ hard: { pods: '1' }, used: { pods: '1' } });
    const version = web().metadata.resourceVersion;
    await cluster.pass(10_000);
    expect(web().metadata.resourceVersion).toBe(version);
    cluster.registry.update('resourcequotas', 'default', 'small', { metadata: {}, spec: { hard: { pods: '2' } } });
    await cluster.pass(2000);
    expect(condition('ReplicaFailure')).toBeUndefined();
    expect(web().status?.availableReplicas).toBe(2);
  });

  it('does nothing while it is paused, except for the number of pods', async () => {
    cluster.create('deployments', deploymentBody('web', 'nginx:1'));
    await cluster.pass(1000);
    update('nginx:2', { paused: true, replicas: 2 });
    await cluster.pass(2000);
    expect(imagesServing()).toEqual(['nginx:1', 'nginx:1']);
    expect(condition('Progressing')?.reason).toBe('DeploymentPaused');
    update('nginx:2', { replicas: 2 });
    await cluster.pass(3000);
    expect(imagesServing()).toEqual(['nginx:2', 'nginx:2']);
  });

  it('takes over the pods that its predecessor left behind', async () => {
    cluster.create('deployments', deploymentBody('web', 'nginx:1', { replicas: 2 }));
    await cluster.pass(1000);
    const before = cluster.list('pods').map(({ metadata }) => metadata.uid);
    cluster.registry.delete('deployments', 'default', 'web', { propagationPolicy: 'Orphan' });
    await cluster.pass(100);
    cluster.create('deployments', deploymentBody('web', 'nginx:1', { replicas: 2 }));
    await cluster.pass(1000);
    expect(web().status?.availableReplicas).toBe(2);
    expect(cluster.list('pods').map(({ metadata }) => metadata.uid)).toEqual(before);
  });

  it('keeps no more old revisions than it is told', async () => {
    cluster.create('deployments', deploymentBody('web', 'nginx:0', { revisionHistoryLimit: 1 }));
    for (const version of [1, 2, 3]) {
      await cluster.pass(2000);
      update(`nginx:${version}`, { revisionHistoryLimit: 1 });
    }
    await cluster.pass(2000);
    expect(cluster.list('replicasets')).toHaveLength(2);
  });

  it('says that it is not available when a pod is lost, yet not that the roll-out goes on', async () => {
    cluster.create('deployments', deploymentBody('web', 'nginx:1'));
    await cluster.pass(1000);
    cluster.registry.delete('pods', 'default', cluster.list('pods')[0]?.metadata.name ?? '');
    await cluster.pass(50);
    expect(condition('Available')?.status).toBe('False');
    expect(condition('Progressing')?.reason).toBe('NewReplicaSetAvailable');
    await cluster.pass(1000);
    expect(condition('Available')?.status).toBe('True');
  });

  it('writes nothing once everything is as it should be', async () => {
    cluster.create('deployments', deploymentBody('web', 'nginx:1', { replicas: 3 }));
    await cluster.pass(2000);
    const before = cluster.registry.store.currentRevision();
    await cluster.pass(600_000);
    expect(cluster.registry.store.currentRevision()).toBe(before);
  });
});
