import type { KubeObject } from '@slipway/cluster';
import { describe, expect, it } from 'vitest';

import { toApply, toPrune } from './plan-changes.js';

const deployment = (replicas: number, more: object = {}, applied = 'a'): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'shop', namespace: 'ce-shop', annotations: { 'slipway.dev/applied': applied } },
  spec: { replicas, containers: [{ name: 'app', resources: { limits: { cpu: '1000m' } } }], ...more },
});

describe('toApply', () => {
  it('writes nothing when the cluster holds every wanted field, whatever it added and however it spells a quantity', () => {
    const live = deployment(2, { paused: false });
    live.spec = {
      ...(live.spec as object),
      containers: [{ name: 'app', image: '', resources: { limits: { cpu: '1' } } }],
    };
    expect(toApply([deployment(2)], [live])).toEqual([]);
  });

  it('leaves what others added to a list whose items have names, and a false that the wire leaves out', () => {
    const live = deployment(2, {
      containers: [{ name: 'mesh' }, { name: 'app', resources: { limits: { cpu: '1' } } }],
    });
    expect(toApply([deployment(2, { paused: false })], [live])).toEqual([]);
  });

  it('writes nothing for an empty list, which the wire leaves out', () => {
    expect(toApply([deployment(2, { ingress: [] })], [deployment(2)])).toEqual([]);
    expect(toApply([deployment(2, { ingress: [] })], [deployment(2, { ingress: [] })])).toEqual([]);
  });

  it.each([
    ['a label that selects other pods', { selector: { app: 'shop' } }, { selector: { app: 'shop', version: 'other' } }],
    ['a selector where all are meant', { podSelector: {} }, { podSelector: { matchLabels: { none: 'such' } } }],
    ['an item in a list that is ours', { rules: [{ host: 'a' }] }, { rules: [{ host: 'a' }, { host: 'b' }] }],
    ['an item to a list that is to be empty', { ingress: [] }, { ingress: [{}] }],
    ['a subject of a role', { subjects: [{ name: 'a' }] }, { subjects: [{ name: 'a' }, { name: 'b' }] }],
    ['a pause', { paused: false }, { paused: true }],
  ])('applies an object to which somebody added %s', (_, ours, theirs) => {
    expect(toApply([deployment(2, ours)], [deployment(2, theirs)])).toHaveLength(1);
  });

  it.each([
    ['is missing', []],
    ['was changed behind our back', [deployment(5)]],
    ['was applied from another record', [deployment(2, {}, 'b')]],
    ['lost an item of a list', [deployment(2, { containers: [] })]],
    ['is of another kind', [{ ...deployment(2), kind: 'Service' }]],
  ])('applies an object that %s', (_, live) => {
    expect(toApply([deployment(2)], live)).toEqual([deployment(2)]);
  });
});

describe('toPrune', () => {
  const secret = (name: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'ce-shop', uid: name },
  });

  it('deletes what is wanted no more, by its uid', () => {
    expect(toPrune([deployment(1)], [deployment(1), secret('old')], new Set())).toEqual([
      { kind: 'Secret', namespace: 'ce-shop', name: 'old', uid: 'old' },
    ]);
  });

  it('leaves a Secret that pods still read, and what is on its way out already', () => {
    const leaving = secret('leaving');
    leaving.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    expect(toPrune([], [secret('used'), leaving], new Set(['used']))).toEqual([]);
  });
});
