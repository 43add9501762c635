import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { accessFile } from './access-file.js';
import { auditedCalls } from './used-rights.js';

const slipway = { username: 'system:serviceaccount:slipway-system:slipway' };

function event(verb: string, objectRef: object | undefined, more: object = {}): string {
  const requestURI = '/api';
  const annotations = { 'authorization.k8s.io/decision': 'allow' };
  return JSON.stringify({
    verb,
    requestURI,
    user: slipway,
    objectRef,
    responseStatus: { code: 200 },
    annotations,
    ...more,
  });
}

const refused = { annotations: { 'authorization.k8s.io/decision': 'forbid' }, responseStatus: { code: 403 } };

describe('auditedCalls', () => {
  it('names each right once, with its group, subresource and namespace', () => {
    const pods = event('get', { resource: 'pods', subresource: 'log', namespace: 'team', apiVersion: 'v1' });
    const lease = { resource: 'leases', apiGroup: 'coordination.k8s.io', namespace: 'slipway-system' };
    expect(auditedCalls([pods, pods, event('update', lease)], slipway.username).used).toEqual([
      { namespace: 'team', group: '', resource: 'pods/log', verb: 'get' },
      { namespace: 'slipway-system', group: 'coordination.k8s.io', resource: 'leases', verb: 'update' },
    ]);
  });

  it('counts an apply that made its object as a creation too', () => {
    const made = event(
      'patch',
      { resource: 'namespaces', namespace: 'team', name: 'team' },
      { responseStatus: { code: 201 } },
    );
    expect(auditedCalls([made], slipway.username).used).toEqual([
      { namespace: undefined, group: '', resource: 'namespaces', verb: 'patch' },
      { namespace: undefined, group: '', resource: 'namespaces', verb: 'create' },
    ]);
  });

  it('tells what was forbidden, and counts it as no use', () => {
    const calls = [
      event('list', { resource: 'secrets', namespace: 'team' }, refused),
      event('get', undefined, { ...refused, requestURI: '/metrics' }),
    ];
    expect(auditedCalls(calls, slipway.username)).toEqual({
      used: [],
      forbidden: ['list secrets in team', 'get /metrics'],
    });
  });

  it('leaves out other users, and what everybody may ask', () => {
    const review = event('create', { resource: 'selfsubjectreviews', apiGroup: 'authentication.k8s.io' });
    const other = event('get', { resource: 'nodes' }, { user: { username: 'system:serviceaccount:team:default' } });
    expect(auditedCalls([review, other], slipway.username)).toEqual({ used: [], forbidden: [] });
  });
});

describe('accessFile', () => {
  it('puts each right where it reaches no further than it was used', () => {
    const text = accessFile([
      { namespace: undefined, group: '', resource: 'pods', verb: 'watch' },
      { namespace: undefined, group: '', resource: 'pods', verb: 'list' },
      { namespace: 'team', group: '', resource: 'services', verb: 'list' },
      { namespace: undefined, group: '', resource: 'services', verb: 'watch' },
      { namespace: 'team', group: '', resource: 'secrets', verb: 'list' },
      { namespace: 'slipway-system', group: 'coordination.k8s.io', resource: 'leases', verb: 'get' },
      { namespace: 'slipway-system-2', group: 'coordination.k8s.io', resource: 'leases', verb: 'get' },
    ]);
    const rules = (kind: string, name: string): unknown =>
      text
        .split('---\n')
        .map((part) => parse(part) as { kind: string; metadata: { name: string }; rules?: unknown })
        .find((object) => object.kind === kind && object.metadata.name === name)?.rules;
    expect(rules('ClusterRole', 'slipway')).toEqual([
      { apiGroups: [''], resources: ['pods', 'services'], verbs: ['list', 'watch'] },
      {
        apiGroups: ['rbac.authorization.k8s.io'],
        resources: ['clusterroles'],
        resourceNames: ['slipway-environment'],
        verbs: ['bind'],
      },
    ]);
    expect(rules('ClusterRole', 'slipway-environment')).toEqual([
      { apiGroups: [''], resources: ['secrets'], verbs: ['list'] },
    ]);
    expect(rules('Role', 'slipway')).toEqual([
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get'] },
    ]);
  });
});
