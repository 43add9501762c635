import { describe, expect, it } from 'vitest';

import type { Json } from './objects.js';
import { strategicMergePatch } from './strategic-merge-patch.js';

const pod = {
  metadata: { finalizers: ['a'], labels: { app: 'web' } },
  spec: {
    containers: [
      { name: 'web', image: 'nginx:1', env: [{ name: 'A', value: '1' }], args: ['-a'] },
      { name: 'side', image: 'busybox' },
    ],
  },
} satisfies Json;

describe('strategic merge patch', () => {
  it('merges keyed lists item by item, and replaces the others', () => {
    const patch = {
      spec: { containers: [{ name: 'web', image: 'nginx:2', env: [{ name: 'B', value: '2' }], args: ['-b'] }] },
    };
    expect(strategicMergePatch(pod, patch)).toEqual({
      ...pod,
      spec: {
        containers: [
          {
            name: 'web',
            image: 'nginx:2',
            env: [
              { name: 'B', value: '2' },
              { name: 'A', value: '1' },
            ],
            args: ['-b'],
          },
          { name: 'side', image: 'busybox' },
        ],
      },
    });
  });

  it('adds and deletes items, and orders them', () => {
    const patch = {
      spec: {
        '$setElementOrder/containers': [{ name: 'new' }, { name: 'web' }],
        containers: [
          { name: 'new', image: 'x' },
          { name: 'side', $patch: 'delete' },
        ],
      },
    };
    expect(strategicMergePatch(pod, patch)).toMatchObject({
      spec: { containers: [{ name: 'new', image: 'x' }, { name: 'web' }] },
    });
    expect((strategicMergePatch(pod, patch) as typeof pod).spec).not.toHaveProperty('$setElementOrder/containers');
  });

  it('keeps sets apart, deletes from them, and removes what is null', () => {
    const patch = {
      metadata: {
        finalizers: ['b'],
        '$deleteFromPrimitiveList/finalizers': ['a'],
        labels: { app: null, tier: 'front' },
      },
    };
    expect(strategicMergePatch(pod, patch)).toMatchObject({
      metadata: { finalizers: ['b'], labels: { tier: 'front' } },
    });
    expect((strategicMergePatch(pod, patch) as typeof pod).metadata.labels).not.toHaveProperty('app');
  });

  it('replaces a map or a list when it says so', () => {
    expect(strategicMergePatch(pod, { metadata: { $patch: 'replace', labels: { a: 'b' } } })).toMatchObject({
      metadata: { labels: { a: 'b' } },
    });
    const patch = { spec: { containers: [{ $patch: 'replace' }, { name: 'only', image: 'x' }] } };
    expect(strategicMergePatch(pod, patch)).toMatchObject({ spec: { containers: [{ name: 'only', image: 'x' }] } });
  });

  it('keeps only the named keys when it says so', () => {
    const deployment = { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } };
    const patch = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } };
    expect(strategicMergePatch(deployment, patch)).toEqual({ spec: { strategy: { type: 'Recreate' } } });
  });
});
