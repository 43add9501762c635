import type { ChangeType, KubeObject } from '@slipway/cluster';
import { describe, expect, it } from 'vitest';

import { KnownObjects } from './known-objects.js';

const pod = (name: string, instance?: string, namespace = 'a'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, ...(instance && { labels: { 'app.kubernetes.io/instance': instance } }) },
});

describe('KnownObjects', () => {
  const known = (...changes: [ChangeType, KubeObject][]) => {
    const objects = new KnownObjects();
    const told = changes.map(([type, object]) => objects.take({ type, object }));
    return { objects, told };
  };
  const names = (objects: KnownObjects, instance: string) => objects.of(instance).map(({ metadata }) => metadata.name);

  it('finds the newest state of what belongs to an App', () => {
    const newer = pod('one', 'shop');
    const { objects, told } = known(
      ['added', pod('one', 'shop')],
      ['added', pod('two', 'shop')],
      ['added', pod('x', 'other')],
      ['changed', newer],
    );
    expect(names(objects, 'shop')).toEqual(['one', 'two']);
    expect(objects.of('shop')[0]).toBe(newer);
    expect(told).toEqual([['shop'], ['shop'], ['other'], ['shop']]);
  });

  it('tells objects of one name in two namespaces apart', () => {
    const { objects } = known(['added', pod('one', 'shop', 'a')], ['added', pod('one', 'shop', 'b')]);
    expect(objects.of('shop')).toHaveLength(2);
  });

  it('forgets what is removed', () => {
    const { objects, told } = known(['added', pod('one', 'shop')], ['removed', pod('one', 'shop')]);
    expect(names(objects, 'shop')).toEqual([]);
    expect(told[1]).toEqual(['shop']);
  });

  it('tells both sides when an object changes hands, and its last owner when it loses its label', () => {
    const { objects, told } = known(
      ['added', pod('one', 'shop')],
      ['changed', pod('one', 'other')],
      ['changed', pod('one')],
    );
    expect(told).toEqual([['shop'], ['shop', 'other'], ['other']]);
    expect([names(objects, 'shop'), names(objects, 'other')]).toEqual([[], []]);
  });

  it('has nothing to tell of what is nobody’s', () => {
    expect(known(['added', pod('one')]).told).toEqual([[]]);
  });
});
