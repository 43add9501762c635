import type { KubeObject, V1Namespace } from '@slipway/cluster';
import { describe, expect, it } from 'vitest';

import { removalTrouble } from './removal-trouble.js';

const leaving = (kind: string, name: string, finalizers?: string[]): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, deletionTimestamp: '2026-03-01T10:00:00Z', finalizers },
});

function namespace(conditions: Record<string, [status: string, message: string]>, finalizers?: string[]): V1Namespace {
  const told = Object.entries(conditions).map(([reason, [status, message]]) => ({
    type: reason,
    status,
    reason,
    message,
  }));
  return { ...leaving('Namespace', 'ce-shop', finalizers), status: { conditions: told } } as V1Namespace;
}

const held = namespace({
  SomeResourcesRemain: ['True', 'Some resources are remaining: services. has 1 resource instances'],
  SomeFinalizersRemain: ['True', 'Some content has finalizers remaining: example.com/hold in 1 resource instances'],
  ContentDeleted: ['False', 'All content successfully deleted, may be waiting on finalization'],
});

describe('removalTrouble', () => {
  it('names the objects that are held and by what, and what the cluster says', () => {
    const objects = [leaving('Service', 'shop', ['example.com/hold']), leaving('Pod', 'shop-1')];
    expect(removalTrouble(objects, held)).toEqual({
      reason: 'SomeFinalizersRemain',
      message:
        'the Service "shop" has the finalizer example.com/hold; Some resources are remaining: services. has 1 resource instances; ' +
        'Some content has finalizers remaining: example.com/hold in 1 resource instances',
    });
  });

  it('has the words of the cluster for kinds that are not looked at', () => {
    expect(removalTrouble([], held)).toMatchObject({ reason: 'SomeFinalizersRemain' });
  });

  it('tells of what only takes its time by the reason of the cluster', () => {
    const pods = namespace({
      SomeResourcesRemain: ['True', 'Some resources are remaining: pods. has 2 resource instances'],
    });
    expect(removalTrouble([], pods)).toMatchObject({ reason: 'SomeResourcesRemain' });
  });

  it('tells of a finalizer of the namespace once nothing is left in it', () => {
    const own = {
      reason: 'SomeFinalizersRemain',
      message: 'the Namespace "ce-shop" has the finalizer example.com/hold',
    };
    expect(removalTrouble([], namespace({}, ['example.com/hold']))).toEqual(own);
    expect(removalTrouble([], { ...held, metadata: { ...held.metadata, finalizers: ['late'] } })?.message).not.toMatch(
      /late/,
    );
  });

  it('names a pod that is held although the cluster says that nothing is left', () => {
    const pods = [leaving('Pod', 'shop-1', ['example.com/hold'])];
    expect(removalTrouble(pods, namespace({}, ['example.com/late']))).toEqual({
      reason: 'SomeFinalizersRemain',
      message: 'the Pod "shop-1" has the finalizer example.com/hold',
    });
  });

  it('tells of objects in a namespace that stays', () => {
    expect(removalTrouble([leaving('Ingress', 'shop', ['a', 'b'])])?.message).toBe(
      'the Ingress "shop" has the finalizer a; the Ingress "shop" has the finalizer b',
    );
  });

  it('is none while nothing is held', () => {
    const staying = { ...leaving('Pod', 'shop-1', ['a']), metadata: { name: 'shop-1', finalizers: ['a'] } };
    expect(removalTrouble([leaving('Pod', 'shop-2'), staying])).toBeUndefined();
    expect(removalTrouble([], namespace({}))).toBeUndefined();
  });
});
