import { describe, expect, it } from 'vitest';

import type { JsonObject } from '../objects.js';
import { type Simulation, useSimulation } from '../spec-support/simulation.js';
import { findCondition } from './conditions.js';

describe('jobs', () => {
  let cluster: Simulation;
  useSimulation((given) => (cluster = given));

  const run = (image: string, spec: JsonObject = {}, restartPolicy = 'Never'): void => {
    const containers = [{ name: 'task', image }];
    cluster.create('jobs', {
      metadata: { name: 'task' },
      spec: { template: { spec: { restartPolicy, containers } }, ...spec },
    });
  };
  const status = (): NonNullable<ReturnType<typeof cluster.get<'jobs'>>['status']> =>
    cluster.get('jobs', 'task').status ?? {};

  it('runs one pod to its end and is complete', async () => {
    run('task:1');
    await cluster.pass(100);
    expect(status()).toMatchObject({ active: 1, startTime: expect.any(String) });
    await cluster.pass(2000);
    expect(status()).toMatchObject({ succeeded: 1, completionTime: expect.any(String) });
    expect(status()).not.toHaveProperty('active');
    expect(findCondition(status().conditions, 'Complete')?.status).toBe('True');
    const [pod] = cluster.list('pods');
    expect(pod?.status?.phase).toBe('Succeeded');
    expect(pod?.metadata.labels).toMatchObject({ 'job-name': 'task', 'batch.kubernetes.io/job-name': 'task' });
  });

  it('runs as many pods at once and in all as it is told', async () => {
    run('task:1', { completions: 5, parallelism: 2 });
    let most = 0;
    for (let step = 0; step < 60; step += 1) {
      await cluster.pass(100);
      most = Math.max(most, status().active ?? 0);
    }
    expect(most).toBe(2);
    expect(status().succeeded).toBe(5);
    expect(cluster.list('pods')).toHaveLength(5);
  });

  it('tries again with growing delays and gives up at its limit', async () => {
    run('crash', { backoffLimit: 2 });
    await cluster.pass(3000);
    expect(findCondition(status().conditions, 'Failed')).toBeUndefined();
    await cluster.pass(10_000);
    expect(cluster.list('pods')).toHaveLength(3);
    expect(status().failed).toBe(3);
    expect(findCondition(status().conditions, 'Failed')).toMatchObject({
      status: 'True',
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    });
  });

  it('counts the restarts of a pod that the node restarts, and removes it when it gives up', async () => {
    run('crash', { backoffLimit: 1 }, 'OnFailure');
    await cluster.pass(20_000);
    expect(findCondition(status().conditions, 'Failed')?.reason).toBe('BackoffLimitExceeded');
    expect(cluster.list('pods')).toEqual([]);
  });

  it('waits for room in a quota', async () => {
    cluster.create('resourcequotas', { metadata: { name: 'none' }, spec: { hard: { pods: '0' } } });
    run('task:1');
    await cluster.pass(3000);
    expect(new Set(cluster.list('events').map(({ reason }) => reason))).toEqual(new Set(['FailedCreate']));
    cluster.registry.delete('resourcequotas', 'default', 'none');
    await cluster.pass(3000);
    expect(status().succeeded).toBe(1);
  });

  it('gives up after its deadline', async () => {
    run('missing', { activeDeadlineSeconds: 3 });
    await cluster.pass(5000);
    expect(findCondition(status().conditions, 'Failed')?.reason).toBe('DeadlineExceeded');
    expect(cluster.list('pods')).toEqual([]);
  });

  it('waits while it is suspended', async () => {
    run('task:1', { suspend: true });
    await cluster.pass(5000);
    expect(cluster.list('pods')).toEqual([]);
    const job = cluster.get('jobs', 'task');
    cluster.registry.change('jobs', job, (current) => ({ ...current, spec: { ...current.spec, suspend: false } }));
    await cluster.pass(2000);
    expect(status().succeeded).toBe(1);
  });

  it('goes away after its time to live, and its pods with it', async () => {
    run('task:1', { ttlSecondsAfterFinished: 10 });
    await cluster.pass(5000);
    expect(cluster.list('jobs')).toHaveLength(1);
    await cluster.pass(10_000);
    expect([cluster.list('jobs'), cluster.list('pods')]).toEqual([[], []]);
  });
});
