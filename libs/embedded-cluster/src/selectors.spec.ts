import { describe, expect, it } from 'vitest';

import { kindOf } from './kinds.js';
import type { KubeObject } from './objects.js';
import { matchesLabelSelector, parseFieldSelector, parseLabelSelector } from './selectors.js';

const object = {
  metadata: { name: 'web', namespace: 'shop', labels: { app: 'web', tier: 'front', 'example.com/empty': '' } },
  spec: { nodeName: 'embedded' },
  status: { phase: 'Running' },
} as unknown as KubeObject;

describe('label selectors', () => {
  it.each([
    ['app=web', true],
    ['app==web,tier=front', true],
    ['app=web,tier=back', false],
    ['app!=web', false],
    ['absent!=x', true],
    ['app', true],
    ['!app', false],
    ['!absent', true],
    ['example.com/empty=', true],
    ['app in (api, web)', true],
    ['app in (api),tier=front', false],
    ['app notin (api,worker),tier', true],
    ['absent notin (x)', true],
    ['app notin (web)', false],
    ['absent in (x)', false],
  ])('%s', (selector, expected) => {
    expect(parseLabelSelector(selector)(object)).toBe(expected);
  });

  it.each([
    [{ matchLabels: { app: 'web' } }, true],
    [{ matchLabels: { app: 'api' } }, false],
    [{ matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] }, true],
    [{ matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, false],
    [{ matchExpressions: [{ key: 'app', operator: 'Exists' }] }, true],
    [{ matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }, false],
    [{}, true],
  ])('matches the structured form %j', (selector, expected) => {
    expect(matchesLabelSelector(selector, object.metadata.labels ?? {})).toBe(expected);
  });
});

describe('field selectors', () => {
  it.each([
    ['metadata.name=web', true],
    ['metadata.namespace=shop,status.phase=Running', true],
    ['status.phase!=Running', false],
    ['spec.nodeName==embedded', true],
    ['spec.nodeName=', false],
  ])('%s', (selector, expected) => {
    expect(parseFieldSelector(selector, kindOf('pods'))(object)).toBe(expected);
  });

  it('refuses a field that the kind does not offer', () => {
    expect(() => parseFieldSelector('spec.image=x', kindOf('pods'))).toThrow('field label not supported: spec.image');
  });

  it('refuses what is no requirement', () => {
    expect(() => parseFieldSelector('status.phase', kindOf('pods'))).toThrow('invalid selector');
  });
});
