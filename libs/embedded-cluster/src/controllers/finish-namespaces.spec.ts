import { beforeEach, describe, expect, it } from 'vitest';

import { deploymentBody, type Simulation, useSimulation } from '../spec-support/simulation.js';
import { findCondition } from './conditions.js';

describe('namespaces', () => {
  let cluster: Simulation;
  useSimulation((given) => (cluster = given));
  beforeEach(() => {
    cluster.create('namespaces', { metadata: { name: 'shop' } });
  });

  const names = (): string[] => cluster.registry.store.list('namespaces').map(({ metadata }) => metadata.name);

  it('come with a service account and the root certificate', async () => {
    await cluster.pass(10);
    expect(cluster.get('serviceaccounts', 'default', 'shop')).toBeDefined();
    expect(cluster.get('configmaps', 'kube-root-ca.crt', 'shop')).toMatchObject({ data: { 'ca.crt': 'CA' } });
  });

  it('go with all their contents, after their pods have ended', async () => {
    cluster.create('deployments', deploymentBody('web', 'nginx:1', { replicas: 2 }), 'shop');
    await cluster.pass(1000);
    cluster.registry.delete('namespaces', undefined, 'shop');
    expect(cluster.get('namespaces', 'shop').status?.phase).toBe('Terminating');
    await cluster.pass(100);
    expect(cluster.list('pods', 'shop')).toHaveLength(2);
    expect(cluster.get('namespaces', 'shop').status).toEqual({ phase: 'Terminating' });
    expect(() => cluster.create('configmaps', { metadata: { name: 'late' } }, 'shop')).toThrow(
      'configmaps "late" is forbidden: unable to create new content in namespace shop because it is being terminated',
    );
    await cluster.pass(1000);
    expect(names()).not.toContain('shop');
    for (const resource of ['pods', 'replicasets', 'deployments', 'configmaps', 'serviceaccounts', 'events'] as const) {
      expect(cluster.list(resource, 'shop')).toEqual([]);
    }
  });

  it('wait for the finalizers of their contents and name them', async () => {
    const configMap = cluster.create(
      'configmaps',
      { metadata: { name: 'held', finalizers: ['example.com/hold'] } },
      'shop',
    );
    cluster.registry.delete('namespaces', undefined, 'shop');
    await cluster.pass(60_000);
    const conditions = cluster.get('namespaces', 'shop').status?.conditions;
    expect(findCondition(conditions, 'NamespaceFinalizersRemaining')).toMatchObject({
      status: 'True',
      message: 'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
    });
    cluster.registry.change('configmaps', configMap, (object) => ({
      ...object,
      metadata: { ...object.metadata, finalizers: [] },
    }));
    await cluster.pass(1000);
    expect(names()).not.toContain('shop');
  });

  it('wait for finalizers of their own', async () => {
    const namespace = cluster.get('namespaces', 'shop');
    const withFinalizers = (finalizers: string[]): void =>
      cluster.registry.change('namespaces', namespace, (object) => ({
        ...object,
        metadata: { ...object.metadata, finalizers },
      }));
    withFinalizers(['example.com/hold']);
    cluster.registry.delete('namespaces', undefined, 'shop');
    await cluster.pass(60_000);
    expect(names()).toContain('shop');
    withFinalizers([]);
    expect(names()).not.toContain('shop');
  });
});
