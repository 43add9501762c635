// The fields of the served kinds, which the embedded cluster reads from libs/embedded-cluster/src/schema.json, are those that a real
// cluster publishes. RECORD=1 writes the file.
import { readFileSync, writeFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { CaseClient } from '../fixture/contract/case-client.js';
import { connectClusterUnderTest } from '../fixture/contract/cluster-under-test.js';

const file = new URL('../../../embedded-cluster/src/schema.json', import.meta.url);
const roots = [
  ...['Namespace', 'Node', 'Pod', 'Service', 'Endpoints', 'Secret', 'ConfigMap', 'Event'].map(
    (kind) => `api.core.v1.${kind}`,
  ),
  ...['ResourceQuota', 'LimitRange', 'ServiceAccount'].map((kind) => `api.core.v1.${kind}`),
  ...['apps.v1.Deployment', 'apps.v1.ReplicaSet', 'batch.v1.Job', 'networking.v1.Ingress'].map((kind) => `api.${kind}`),
  ...[
    'rbac.v1.RoleBinding',
    'networking.v1.NetworkPolicy',
    'networking.v1.IngressClass',
    'discovery.v1.EndpointSlice',
  ].map((kind) => `api.${kind}`),
  ...['coordination.v1.Lease', 'autoscaling.v2.HorizontalPodAutoscaler', 'autoscaling.v1.Scale'].map(
    (kind) => `api.${kind}`,
  ),
  'apimachinery.pkg.apis.meta.v1.DeleteOptions',
].map((name) => `io.k8s.${name}`);

interface Property {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly items?: Property;
  readonly additionalProperties?: Property;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-patch-strategy'?: string;
}

interface Definition extends Property {
  readonly properties?: Readonly<Record<string, Property>>;
}

const scalars: Readonly<Record<string, string>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'quantity',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'int-or-string',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'micro-time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': 'any',
};

it('is the schema of the embedded cluster', async () => {
  const cluster = await connectClusterUnderTest();
  const { body } = await new CaseClient(cluster, '', false).get('/openapi/v2');
  await cluster.close();
  const published = body.definitions as Readonly<Record<string, Definition>>;
  const distilled: Record<string, Record<string, string>> = {};
  const nameOf = (name: string): string => name.replace('io.k8s.api.', '').replace('io.k8s.apimachinery.pkg.apis.', '');
  const visit = (name: string): void => {
    if (distilled[nameOf(name)]) return;
    const definition = published[name];
    const fields: Record<string, string> = (distilled[nameOf(name)] = {});
    if (definition?.['x-kubernetes-map-type'] === 'atomic') fields[''] = 'atomic';
    for (const [field, property] of Object.entries(definition?.properties ?? {})) {
      fields[field] = [typeOf(property), ...rulesOf(property)].join(' ');
    }
  };
  const typeOf = (property: Property): string => {
    if (property.$ref !== undefined) {
      const name = property.$ref.replace('#/definitions/', '');
      if (scalars[name] !== undefined) return scalars[name];
      visit(name);
      return nameOf(name);
    }
    if (property.type === 'array') return `[]${typeOf(property.items ?? {})}`;
    if (property.additionalProperties) return `map:${typeOf(property.additionalProperties)}`;
    if (property.type === 'string') return property.format === 'byte' ? 'bytes' : 'string';
    return property.type === 'integer' ? (property.format ?? 'int32') : (property.type ?? 'any');
  };
  for (const root of roots) visit(root);
  const sorted = Object.fromEntries(Object.entries(distilled).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  if (process.env.RECORD === '1') writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(sorted);
});

function rulesOf(property: Property): string[] {
  const listType = property['x-kubernetes-list-type'];
  const keys = property['x-kubernetes-list-map-keys'];
  const mergeKey = property['x-kubernetes-patch-merge-key'];
  const strategy = property['x-kubernetes-patch-strategy'] ?? '';
  return [
    ...(listType === 'set' ? ['set'] : []),
    ...(listType === 'map' && keys ? [`keys=${keys.join(',')}`] : []),
    ...(property['x-kubernetes-map-type'] === 'atomic' ? ['atomic'] : []),
    ...(strategy.includes('merge') ? [`merge=${mergeKey ?? ''}`] : []),
    ...(strategy.includes('retainKeys') ? ['retainKeys'] : []),
  ];
}
