import { describe, expect, it } from 'vitest';

import { podBody, type Simulation, useSimulation } from '../spec-support/simulation.js';
import { findCondition } from './conditions.js';

describe('scheduling', () => {
  let cluster: Simulation;
  useSimulation((given) => (cluster = given));

  it('puts a pod on the node', async () => {
    cluster.create('pods', podBody('web', 'nginx', { resources: { requests: { cpu: '8', memory: '16Gi' } } }));
    await cluster.pass(10);
    expect(cluster.get('pods', 'web').spec.nodeName).toBe('embedded');
  });

  it.each([
    [{ cpu: '8001m' }, 'Insufficient cpu'],
    [{ memory: '17Gi' }, 'Insufficient memory'],
  ])('leaves a pod that asks for %j unschedulable, with the reason', async (requests, why) => {
    cluster.create('pods', podBody('web', 'nginx', { resources: { requests } }));
    await cluster.pass(10_000);
    const pod = cluster.get('pods', 'web');
    expect(pod.spec.nodeName).toBeUndefined();
    expect(findCondition(pod.status?.conditions, 'PodScheduled')).toMatchObject({
      status: 'False',
      reason: 'Unschedulable',
      message: expect.stringContaining(`0/1 nodes are available: 1 ${why}.`),
    });
    expect(cluster.list('events').map(({ reason }) => reason)).toEqual(['FailedScheduling']);
  });

  it('respects a node selector, and looks again when the node changes', async () => {
    cluster.create('pods', podBody('web', 'nginx', {}, { nodeSelector: { disk: 'fast' } }));
    await cluster.pass(10);
    expect(cluster.get('pods', 'web').spec.nodeName).toBeUndefined();
    const node = cluster.registry.read('nodes', undefined, 'embedded');
    cluster.registry.change('nodes', node, (current) => ({
      ...current,
      metadata: { ...current.metadata, labels: { ...current.metadata.labels, disk: 'fast' } },
    }));
    await cluster.pass(1000);
    expect(cluster.get('pods', 'web').status?.phase).toBe('Running');
    expect(findCondition(cluster.get('pods', 'web').status?.conditions, 'PodScheduled')?.reason).toBeUndefined();
  });
});
