import { describe, expect, it } from 'vitest';

import type { ResourceName } from './kinds.js';
import type { JsonObject, KubeObject, Pod } from './objects.js';
import { podState, since, toTable } from './table.js';

function cells(resource: ResourceName, fields: JsonObject): Record<string, unknown> {
  const object = { metadata: { name: 'x', creationTimestamp: 'never' }, ...fields } as unknown as KubeObject;
  const table = toTable(resource, [object], {}, 'None') as {
    columnDefinitions: { name: string }[];
    rows: { cells: unknown[] }[];
  };
  return Object.fromEntries(table.columnDefinitions.map(({ name }, index) => [name, table.rows[0]?.cells[index]]));
}

describe('tables', () => {
  it.each<[ResourceName, JsonObject, Record<string, unknown>]>([
    [
      'deployments',
      {
        spec: {
          replicas: 3,
          selector: { matchLabels: { app: 'web' } },
          template: { spec: { containers: [{ name: 'web', image: 'nginx' }] } },
        },
        status: { readyReplicas: 2, updatedReplicas: 3 },
      },
      {
        Name: 'x',
        Ready: '2/3',
        'Up-to-date': 3,
        Available: 0,
        Containers: 'web',
        Images: 'nginx',
        Selector: 'app=web',
      },
    ],
    [
      'services',
      { spec: { type: 'NodePort', clusterIP: '10.96.0.1', ports: [{ port: 80, nodePort: 30001, protocol: 'TCP' }] } },
      { Type: 'NodePort', 'Cluster-IP': '10.96.0.1', 'External-IP': '<none>', 'Port(s)': '80:30001/TCP' },
    ],
    ['jobs', { spec: { completions: 2 }, status: { succeeded: 1 } }, { Status: 'Running', Completions: '1/2' }],
    ['secrets', { type: 'Opaque', data: { a: '', b: '' } }, { Type: 'Opaque', Data: 2 }],
    ['namespaces', { status: { phase: 'Active' } }, { Status: 'Active' }],
    [
      'ingresses',
      { spec: { ingressClassName: 'nginx', rules: [{ host: 'a.example' }, {}], tls: [{}] } },
      { Class: 'nginx', Hosts: 'a.example,*', Address: '', Ports: '80, 443' },
    ],
    [
      'events',
      { type: 'Warning', reason: 'BackOff', message: 'no', involvedObject: { kind: 'Pod', name: 'web' } },
      { Type: 'Warning', Reason: 'BackOff', Object: 'pod/web', Message: 'no' },
    ],
    [
      'events',
      {
        reason: 'Scheduled',
        involvedObject: { kind: 'Pod', name: 'web' },
        source: {},
        reportingComponent: 'default-scheduler',
        reportingInstance: 'default-scheduler-1',
      },
      { Source: 'default-scheduler, default-scheduler-1', Count: 1, Name: 'x' },
    ],
    [
      'endpointslices',
      { addressType: 'IPv4', ports: [], endpoints: ['1', '2', '3', '4'].map((ip) => ({ addresses: [ip] })) },
      { AddressType: 'IPv4', Ports: '<unset>', Endpoints: '1,2,3 + 1 more...' },
    ],
    [
      'resourcequotas',
      { status: { hard: { pods: '10', 'limits.cpu': '2', 'count/pods': '5' }, used: { pods: '2' } } },
      { Request: 'count/pods: 0/5, pods: 2/10', Limit: 'limits.cpu: 0/2' },
    ],
    [
      'horizontalpodautoscalers',
      {
        spec: {
          maxReplicas: 3,
          scaleTargetRef: { kind: 'Deployment', name: 'web' },
          metrics: [{ resource: { name: 'cpu', target: { averageUtilization: 80 } } }],
        },
      },
      { Reference: 'Deployment/web', Targets: 'cpu: <unknown>/80%', MinPods: '<unset>', MaxPods: 3 },
    ],
    [
      'endpoints',
      { subsets: [{ addresses: [{ ip: '10.244.0.2' }, { ip: '10.244.0.3' }], ports: [{ port: 80 }] }] },
      { Endpoints: '10.244.0.2:80,10.244.0.3:80' },
    ],
    ['leases', {}, { Name: 'x', Age: '<unknown>' }],
  ])('of %s', (resource, fields, expected) => {
    expect(cells(resource, fields)).toMatchObject(expected);
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['Running', {}, { phase: 'Running', containerStatuses: [{ state: { running: {} } }] }],
    ['Terminating', { deletionTimestamp: 't' }, { phase: 'Running' }],
    [
      'ImagePullBackOff',
      {},
      { phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff' } } }] },
    ],
    ['OOMKilled', {}, { phase: 'Running', containerStatuses: [{ state: { terminated: { reason: 'OOMKilled' } } }] }],
    [
      'Init:ErrImagePull',
      {},
      { phase: 'Pending', initContainerStatuses: [{ state: { waiting: { reason: 'ErrImagePull' } } }] },
    ],
  ])('show a pod as %s', (expected, metadata, status) => {
    expect(podState({ metadata, status } as unknown as Pod)).toBe(expected);
  });

  it.each([
    [0, '0s'],
    [119, '119s'],
    [200, '3m20s'],
    [600, '10m'],
    [3 * 3600 + 60, '3h1m'],
    [8 * 3600, '8h'],
    [50 * 3600, '2d2h'],
    [9 * 86_400, '9d'],
    [800 * 86_400, '2y70d'],
  ])('show %i seconds as %s', (seconds, expected) => {
    expect(since(new Date(0).toISOString(), seconds * 1000)).toBe(expected);
  });
});
