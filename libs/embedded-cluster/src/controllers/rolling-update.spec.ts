import { describe, expect, it } from 'vitest';

import type { Deployment, ReplicaSet } from '../objects.js';
import { rollingLimits, rollingSteps } from './rolling-update.js';

function deployment(replicas: number, maxSurge: number | string, maxUnavailable: number | string): Deployment {
  return {
    spec: { replicas, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } },
  } as Deployment;
}

function set(name: string, replicas: number, availableReplicas: number): ReplicaSet {
  return {
    metadata: { name, creationTimestamp: name },
    spec: { replicas },
    status: { availableReplicas },
  } as ReplicaSet;
}

function steps(wanted: Deployment, current: ReplicaSet, ...old: ReplicaSet[]): Record<string, number> {
  const found = rollingSteps(wanted, current, [...old, current]);
  return Object.fromEntries(found.map((step) => [step.set.metadata.name, step.replicas]));
}

describe('rolling limits', () => {
  it.each([
    [4, '25%', '25%', { maxSurge: 1, maxUnavailable: 1 }],
    [3, '25%', '25%', { maxSurge: 1, maxUnavailable: 0 }],
    [1, '25%', '25%', { maxSurge: 1, maxUnavailable: 0 }],
    [10, 2, 3, { maxSurge: 2, maxUnavailable: 3 }],
    [2, 0, 0, { maxSurge: 0, maxUnavailable: 1 }],
    [2, 0, 5, { maxSurge: 0, maxUnavailable: 2 }],
  ])('for %i replicas, surge %s, unavailable %s', (replicas, surge, unavailable, limits) => {
    expect(rollingLimits(deployment(replicas, surge, unavailable))).toEqual(limits);
  });
});

describe('rolling steps', () => {
  it('grows the new set by the surge first', () => {
    expect(steps(deployment(3, 1, 0), set('new', 0, 0), set('old', 3, 3))).toEqual({ new: 1 });
  });

  it('waits while the new pod is not available', () => {
    expect(steps(deployment(3, 1, 0), set('new', 1, 0), set('old', 3, 3))).toEqual({});
  });

  it('shrinks the old set by what has become available', () => {
    expect(steps(deployment(3, 1, 0), set('new', 1, 1), set('old', 3, 3))).toEqual({ old: 2 });
  });

  it('takes old pods that serve nobody first', () => {
    expect(steps(deployment(3, 1, 1), set('new', 2, 0), set('a-old', 1, 0), set('b-old', 1, 1))).toEqual({});
    expect(steps(deployment(2, 1, 1), set('new', 1, 1), set('a-old', 1, 0), set('b-old', 1, 1))).toEqual({
      'a-old': 0,
      'b-old': 0,
    });
  });

  it('shrinks the new set to a smaller wish', () => {
    expect(steps(deployment(1, 1, 0), set('new', 3, 3))).toEqual({ new: 1 });
  });

  it('has nothing to do at the end', () => {
    expect(steps(deployment(3, 1, 0), set('new', 3, 3), set('old', 0, 0))).toEqual({});
  });
});
