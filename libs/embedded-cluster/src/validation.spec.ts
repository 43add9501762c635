import { describe, expect, it } from 'vitest';

import { withDefaults } from './defaults.js';
import { kindOf, type ResourceName } from './kinds.js';
import type { JsonObject, KubeObject } from './objects.js';
import { deploymentBody, podBody } from './spec-support/simulation.js';
import { StatusError } from './status-error.js';
import { validate } from './validation.js';

function refusals(resource: ResourceName, object: JsonObject, previous?: JsonObject): string[] {
  try {
    const complete = (given: JsonObject): KubeObject => withDefaults(resource, given) as KubeObject;
    validate(kindOf(resource), complete(object), previous && complete(previous));
    return [];
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    expect([error.code, error.reason]).toEqual([422, 'Invalid']);
    return (error.details?.causes as { field: string }[]).map(({ field }) => field);
  }
}

const named = (name: string): JsonObject => ({ metadata: { name } });
const container = (fields: JsonObject): JsonObject => podBody('web', 'nginx', fields);

describe('validation', () => {
  it('lets good objects pass', () => {
    expect(refusals('deployments', deploymentBody('web', 'nginx'))).toEqual([]);
    expect(refusals('pods', podBody('web', 'nginx'))).toEqual([]);
    expect(refusals('configmaps', named('a.b-c'))).toEqual([]);
  });

  it.each<[ResourceName, JsonObject, string[]]>([
    ['configmaps', named('Upper'), ['metadata.name']],
    ['configmaps', named('a'.repeat(254)), ['metadata.name']],
    ['namespaces', named('a.b'), ['metadata.name']],
    ['namespaces', named('a'.repeat(64)), ['metadata.name', 'metadata.labels']],
    ['services', { ...named('a.b'), spec: { ports: [{ port: 80 }] } }, ['metadata.name']],
    ['configmaps', { metadata: { name: 'a', labels: { app: 'a b' } } }, ['metadata.labels']],
    ['configmaps', { metadata: { name: 'a', labels: { '-': 'a' } } }, ['metadata.labels']],
    ['configmaps', { metadata: { name: 'a', labels: { app: 'a'.repeat(64) } } }, ['metadata.labels']],
    ['pods', { ...named('web'), spec: {} }, ['spec.containers']],
    ['pods', container({ name: 'Web' }), ['spec.containers[0].name']],
    ['pods', container({ image: '' }), ['spec.containers[0].image']],
    ['pods', container({ ports: [{ containerPort: 70_000 }] }), ['spec.containers[0].ports[0].containerPort']],
    ['pods', container({ env: [{ name: 'A=B' }] }), ['spec.containers[0].env[0].name']],
    ['pods', container({ resources: { requests: { cpu: 'much' } } }), ['spec.containers[0].resources.requests[cpu]']],
    [
      'pods',
      container({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
      ['spec.containers[0].resources.requests'],
    ],
    ['deployments', deploymentBody('web', 'nginx', { replicas: 1.5 }), ['spec.replicas']],
    [
      'deployments',
      deploymentBody('web', 'nginx', { selector: undefined }),
      ['spec.selector', 'spec.template.metadata.labels'],
    ],
    [
      'deployments',
      deploymentBody('web', 'nginx', { selector: { matchLabels: { app: 'api' } } }),
      ['spec.template.metadata.labels'],
    ],
    ['jobs', { ...named('a'), spec: { template: podBody('a', 'x') } }, ['spec.template.spec.restartPolicy']],
    ['services', { ...named('a'), spec: {} }, ['spec.ports']],
    ['services', { ...named('a'), spec: { ports: [{ port: 0 }] } }, ['spec.ports[0].port', 'spec.ports[0].targetPort']],
    ['services', { ...named('a'), spec: { type: 'ExternalName' } }, ['spec.externalName']],
    ['ingresses', { ...named('a'), spec: {} }, ['spec']],
    ['ingresses', { ...named('a'), spec: { rules: [{ host: 'A_B' }] } }, ['spec.rules[0].host']],
  ])('refuses a wrong %s: %j', (resource, object, fields) => {
    expect(refusals(resource, object)).toEqual(fields);
  });

  it('names every cause', () => {
    const both = podBody('Web', 'nginx', { name: '' });
    expect(refusals('pods', both)).toEqual(['metadata.name', 'spec.containers[0].name']);
    expect(() => validate(kindOf('pods'), withDefaults('pods', both) as KubeObject, undefined)).toThrow(
      /^Pod "Web" is invalid: \[metadata\.name: Invalid value: "Web": .*, spec\.containers\[0\]\.name: Required value\]$/,
    );
  });

  it.each<[ResourceName, JsonObject, JsonObject, string[]]>([
    ['pods', podBody('web', 'nginx:2'), podBody('web', 'nginx:1'), []],
    ['pods', podBody('web', 'nginx', { args: ['a'] }), podBody('web', 'nginx'), ['spec']],
    [
      'configmaps',
      { ...named('a'), data: { a: '1' }, immutable: true },
      { ...named('a'), data: {}, immutable: true },
      ['data'],
    ],
    ['secrets', { ...named('a'), type: 'b' }, { ...named('a'), type: 'a' }, ['type']],
  ])('watches over what may change: %s', (resource, next, previous, fields) => {
    expect(refusals(resource, next, previous)).toEqual(fields);
  });
});
