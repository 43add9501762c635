import { describe, expect, it } from 'vitest';

import { ObjectCache } from './object-cache.js';

const pod = (
  name: string,
  resourceVersion: string,
  uid = name,
): { metadata: { name: string; namespace: string; uid: string; resourceVersion: string } } => ({
  metadata: { name, namespace: 'docks', uid, resourceVersion },
});

describe('ObjectCache', () => {
  it('reports what a new list adds, changes and removes', () => {
    const cache = new ObjectCache();
    expect(cache.replace([pod('a', '1'), pod('b', '1')]).map((change) => change.type)).toEqual(['added', 'added']);
    const changes = cache.replace([pod('b', '2'), pod('c', '1')]);
    expect(changes.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
      'removed a',
      'changed b',
      'added c',
    ]);
    expect(cache.list('docks').map((object) => object.metadata.name)).toEqual(['b', 'c']);
    expect(cache.list('elsewhere')).toEqual([]);
  });

  it('takes an equal resourceVersion for no change', () => {
    const cache = new ObjectCache();
    cache.put(pod('a', '1'));
    expect(cache.put(pod('a', '1'))).toEqual([]);
    expect(cache.replace([pod('a', '1')])).toEqual([]);
  });

  it('takes the same name with another uid for one object gone and one come', () => {
    const cache = new ObjectCache();
    cache.put(pod('a', '1', 'first'));
    expect(cache.put(pod('a', '2', 'second')).map(({ type, object }) => `${type} ${object.metadata.uid}`)).toEqual([
      'removed first',
      'added second',
    ]);
  });

  it('removes once', () => {
    const cache = new ObjectCache();
    cache.put(pod('a', '1'));
    expect(cache.remove(pod('a', '2')).map((change) => change.type)).toEqual(['removed']);
    expect(cache.remove(pod('a', '2'))).toEqual([]);
    expect(cache.get('a', 'docks')).toBeUndefined();
  });
});
