import { beforeEach, describe, expect, it } from 'vitest';

import { deploymentBody, type Simulation, useSimulation } from '../spec-support/simulation.js';

describe('garbage collection', () => {
  let cluster: Simulation;
  useSimulation((given) => (cluster = given));
  beforeEach(async () => {
    cluster.create('deployments', deploymentBody('web', 'nginx:1', { replicas: 2 }));
    await cluster.pass(1000);
  });

  const counts = (): number[] =>
    (['deployments', 'replicasets', 'pods'] as const).map((resource) => cluster.list(resource).length);

  it('deletes in the background what has lost its owner', async () => {
    expect(cluster.registry.delete('deployments', 'default', 'web').gone).toBe(true);
    await cluster.pass(10);
    expect(counts()).toEqual([0, 0, 2]);
    await cluster.pass(1000);
    expect(counts()).toEqual([0, 0, 0]);
  });

  it('keeps the owner until its dependents are gone when asked to delete in the foreground', async () => {
    cluster.registry.delete('deployments', 'default', 'web', { propagationPolicy: 'Foreground' });
    await cluster.pass(100);
    expect(counts()).toEqual([1, 1, 2]);
    expect(cluster.get('deployments', 'web').metadata).toMatchObject({
      finalizers: ['foregroundDeletion'],
      deletionTimestamp: expect.any(String),
    });
    await cluster.pass(1000);
    expect(counts()).toEqual([0, 0, 0]);
  });

  it('leaves the dependents alone when asked to orphan them', async () => {
    cluster.registry.delete('deployments', 'default', 'web', { propagationPolicy: 'Orphan' });
    await cluster.pass(5000);
    expect(counts()).toEqual([0, 1, 2]);
    expect(cluster.list('replicasets')[0]?.metadata.ownerReferences).toBeUndefined();
  });

  it('deletes what is created for an owner that is already gone', async () => {
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: 'not-a-uid' };
    cluster.create('configmaps', { metadata: { name: 'late', ownerReferences: [owner] } });
    await cluster.pass(10);
    expect(cluster.list('configmaps').map(({ metadata }) => metadata.name)).not.toContain('late');
  });
});
