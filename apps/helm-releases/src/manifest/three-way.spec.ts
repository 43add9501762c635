import { describe, expect, it } from 'vitest';

import type { Json } from '../release/release-record.js';
import { threeWay } from './three-way.js';

const deployment = (spec: object, more: object = {}): Json => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  spec,
  ...more,
});
const merged = (original: object, modified: object, live: object): unknown =>
  threeWay(deployment(original), deployment(modified), deployment(live))['spec'];

describe('three ways into one', () => {
  it('set what the new manifest names, remove what only the old one named, and keep the rest', () => {
    expect(
      merged(
        { replicas: 1, paused: true, strategy: { type: 'Recreate', x: 1 } },
        { replicas: 2, strategy: { type: 'Recreate' }, paused: null },
        { replicas: 5, paused: true, strategy: { type: 'RollingUpdate', x: 2, y: 3 }, revisionHistoryLimit: 10 },
      ),
    ).toEqual({ replicas: 2, strategy: { type: 'Recreate', y: 3 }, revisionHistoryLimit: 10 });
  });

  it('merge containers by name, in the order of the new manifest, with what others added after it', () => {
    const original = { containers: [{ name: 'a', image: 'a:1', env: [{ name: 'X', value: '1' }] }, { name: 'gone' }] };
    const modified = {
      containers: [
        { name: 'b', image: 'b:1' },
        { name: 'a', image: 'a:2' },
      ],
    };
    const live = {
      containers: [
        {
          name: 'a',
          image: 'a:1',
          env: [
            { name: 'X', value: '1' },
            { name: 'Y', value: '2' },
          ],
          stdin: true,
        },
        { name: 'gone' },
        { name: 'sidecar', image: 's' },
      ],
    };
    expect(merged(original, modified, live)).toEqual({
      containers: [
        { name: 'b', image: 'b:1' },
        { name: 'a', image: 'a:2', stdin: true },
        { name: 'sidecar', image: 's' },
      ],
    });
    const kept = { containers: [{ name: 'a', env: [{ name: 'Z', value: '3' }] }] };
    expect(merged(original, kept, live)).toMatchObject({
      containers: [
        {
          name: 'a',
          env: [
            { name: 'Z', value: '3' },
            { name: 'Y', value: '2' },
          ],
        },
        { name: 'sidecar' },
      ],
    });
  });

  it('replace a list whose elements cannot be told apart', () => {
    const dns = (protocol: string) => ({ port: 53, protocol });
    const live = { ports: [dns('TCP'), dns('UDP'), { port: 80 }] };
    expect(merged({}, { ports: [dns('TCP'), dns('UDP')] }, live)).toEqual({ ports: [dns('TCP'), dns('UDP')] });
    expect(merged({}, { rules: [1] }, { rules: [2, 3] })).toEqual({ rules: [1] });
  });

  it('replace every list of a kind that is not built in', () => {
    const of = (containers: object[]): Json => ({ apiVersion: 'example.org/v1', kind: 'Thing', spec: { containers } });
    expect(threeWay(of([]), of([{ name: 'a' }]), of([{ name: 'b' }]))).toEqual(of([{ name: 'a' }]));
  });

  it('merge finalizers as a set, and leave the cluster’s object as it was', () => {
    const object = (finalizers: string[]): Json => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { finalizers } });
    const live = object(['ours', 'theirs']);
    expect(threeWay(object(['ours']), object(['new']), live)).toEqual(object(['theirs', 'new']));
    expect(live).toEqual(object(['ours', 'theirs']));
  });
});
