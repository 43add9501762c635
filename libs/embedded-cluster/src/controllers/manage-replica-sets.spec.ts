import { describe, expect, it } from 'vitest';

import type { JsonObject } from '../objects.js';
import { deploymentBody, type Simulation, useSimulation } from '../spec-support/simulation.js';

describe('replica sets', () => {
  let cluster: Simulation;
  useSimulation((given) => (cluster = given));

  const body = (replicas: number): JsonObject => deploymentBody('web', 'nginx:1', { replicas });

  it('replaces a pod that is deleted', async () => {
    cluster.create('replicasets', body(2));
    await cluster.pass(1000);
    const [victim] = cluster.list('pods');
    cluster.registry.delete('pods', 'default', victim?.metadata.name ?? '');
    await cluster.pass(1000);
    const names = cluster.list('pods').map(({ metadata }) => metadata.name);
    expect(names).toHaveLength(2);
    expect(names).not.toContain(victim?.metadata.name);
    expect(cluster.get('replicasets', 'web').status).toMatchObject({ replicas: 2, readyReplicas: 2 });
  });

  it('gives up pods that are not ready before those that serve', async () => {
    cluster.create('replicasets', body(1));
    await cluster.pass(1000);
    const [serving] = cluster.list('pods');
    cluster.registry.update('replicasets', 'default', 'web', body(3));
    await cluster.pass(50);
    cluster.registry.update('replicasets', 'default', 'web', body(1));
    await cluster.pass(1000);
    expect(cluster.list('pods').map(({ metadata }) => metadata.name)).toEqual([serving?.metadata.name]);
  });

  it('names its pods after itself and owns them', async () => {
    cluster.create('replicasets', body(1));
    await cluster.pass(10);
    const [pod] = cluster.list('pods');
    expect(pod?.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(pod?.metadata.ownerReferences).toEqual([
      expect.objectContaining({ kind: 'ReplicaSet', name: 'web', controller: true, blockOwnerDeletion: true }),
    ]);
  });
});
