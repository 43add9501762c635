import { beforeEach, describe, expect, it } from 'vitest';

import type { KubeObject } from './objects.js';
import { Store } from './store.js';

function object(name: string, namespace = 'default', owner?: string): KubeObject {
  const ownerReferences = owner ? [{ apiVersion: 'v1', kind: 'Pod', name: 'x', uid: owner }] : undefined;
  const metadata = {
    name,
    namespace,
    uid: `uid-${namespace}-${name}`,
    resourceVersion: '',
    creationTimestamp: '',
    ownerReferences,
  };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata };
}

describe('the store', () => {
  let store: Store;
  beforeEach(() => {
    store = new Store(3);
  });

  it('gives every change a higher resourceVersion, and never touches what it gave out', () => {
    const first = store.put('configmaps', object('a'));
    const second = store.put('configmaps', object('a'));
    expect(Number(second.metadata.resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion));
    expect(store.remove('configmaps', second).metadata.resourceVersion).not.toBe(second.metadata.resourceVersion);
    expect(store.get('configmaps', 'default', 'a')).toBeUndefined();
  });

  it('begins above every version that an earlier store gave out', () => {
    for (let count = 0; count < 100; count += 1) store.put('configmaps', object('a'));
    const before = store.currentRevision();
    const started = performance.now();
    while (performance.now() - started < 1);
    expect(new Store(3).currentRevision()).toBeGreaterThan(before);
  });

  it('lists by namespace and name, in one namespace or in all', () => {
    for (const [name, namespace] of [
      ['b', 'default'],
      ['a', 'shop'],
      ['a', 'default'],
      ['c', 'default-2'],
    ] as const) {
      store.put('configmaps', object(name, namespace));
    }
    expect(store.list('configmaps').map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual([
      'default/a',
      'default/b',
      'default-2/c',
      'shop/a',
    ]);
    expect(store.list('configmaps', 'default').map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
  });

  it('knows the dependents of an owner, also after they changed or went', () => {
    store.put('configmaps', object('a', 'default', 'owner'));
    store.put('configmaps', object('a', 'default', 'owner'));
    expect(store.ownedBy('owner', 'configmaps')).toHaveLength(1);
    expect(store.ownedBy('owner', 'pods')).toEqual([]);
    store.remove('configmaps', object('a'));
    expect(store.dependents('owner')).toEqual([]);
  });

  it('returns the changes after a revision, and nothing once some of them are forgotten', () => {
    const start = store.currentRevision();
    store.put('configmaps', object('a'));
    store.put('secrets', object('a'));
    expect(store.changesSince('configmaps', start)?.map(({ type }) => type)).toEqual(['ADDED']);
    for (let count = 0; count < 6; count += 1) store.put('configmaps', object('a'));
    expect(store.changesSince('configmaps', start)).toBeUndefined();
    expect(store.changesSince('configmaps', store.currentRevision() - 2)).toHaveLength(2);
  });

  it('tells listeners what was before', () => {
    const seen: [string, string | undefined][] = [];
    const stop = store.subscribe(({ type, previous }) => seen.push([type, previous?.metadata.name]));
    store.put('configmaps', object('a'));
    store.put('configmaps', object('a'));
    store.remove('configmaps', object('a'));
    stop();
    store.put('configmaps', object('a'));
    expect(seen).toEqual([
      ['ADDED', undefined],
      ['MODIFIED', 'a'],
      ['DELETED', 'a'],
    ]);
  });
});
