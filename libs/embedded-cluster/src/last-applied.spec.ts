import { describe, expect, it } from 'vitest';

import { fieldsLastApplied, withLastApplied } from './last-applied.js';
import type { JsonObject, KubeObject } from './objects.js';

const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
const applied = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a' },
  data: { color: 'blue', size: 'large' },
};
const live = {
  ...applied,
  metadata: { name: 'a', annotations: { [annotation]: JSON.stringify(applied) } },
  data: { color: 'blue', size: 'small' },
} as JsonObject as KubeObject;

describe('what kubectl applied last', () => {
  it('is free for kubectl as far as it still is so, and for nobody else', () => {
    expect([...fieldsLastApplied(live, 'kubectl')]).toEqual([expect.stringContaining('f:color')]);
    expect(fieldsLastApplied(live, 'slipway').size).toBe(0);
    expect(fieldsLastApplied(undefined, 'kubectl').size).toBe(0);
  });

  it('allows nothing when the annotation is no JSON', () => {
    const broken = { ...live, metadata: { ...live.metadata, annotations: { [annotation]: '{' } } };
    expect(fieldsLastApplied(broken, 'kubectl').size).toBe(0);
  });

  it('is told by the annotation after a server-side apply by kubectl, where there is one', () => {
    const config = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' } };
    const annotationAfter = (manager: string): unknown =>
      (withLastApplied(live, config, manager) as KubeObject).metadata.annotations?.[annotation];
    expect(annotationAfter('kubectl')).toBe('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}\n');
    expect(annotationAfter('slipway')).toBe(live.metadata.annotations?.[annotation]);
    expect(withLastApplied(applied, config, 'kubectl')).toEqual(applied);
  });
});
