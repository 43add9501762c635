import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { stringify } from 'yaml';

import type { Part } from './part.js';

const ANNOTATION = 'slipway/simulated';

/** Kwok plays the kubelet of the simulated nodes: their pods become running at once, and cost next to nothing. */
export const kwok: Part = ({ layout, credentials, binaries }) => {
  const config = join(layout.folder, 'kwok.yaml');
  writeFileSync(config, stages.map((stage) => stringify(stage)).join('---\n'));
  return {
    name: 'kwok',
    binary: binaries.kwok,
    args: [
      // Without one it would read that of the user who starts it.
      `--config=${config}`,
      `--kubeconfig=${credentials.kubeconfig('admin')}`,
      '--manage-all-nodes=false',
      `--manage-nodes-with-annotation-selector=${ANNOTATION}=true`,
      '--server-address=',
      // Renewed after a quarter of it, well within the grace period that the controller-manager has here.
      '--node-lease-duration-seconds=20',
      // For benchmarks (RFC 2544), so that no simulated pod has the address of a real one.
      '--cidr=198.18.0.0/15',
    ],
  };
};

/** Nodes that take only pods which tolerate the taint `slipway/simulated`. */
export function simulatedNodes(count: number): object[] {
  const capacity = { cpu: '64', memory: '256Gi', pods: '500' };
  return Array.from({ length: count }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: `simulated-${index}`,
      annotations: { [ANNOTATION]: 'true' },
      labels: { [ANNOTATION]: 'true', 'kubernetes.io/hostname': `simulated-${index}` },
    },
    spec: { taints: [{ key: ANNOTATION, value: 'true', effect: 'NoSchedule' }] },
    status: { capacity, allocatable: capacity },
  }));
}

const NOT_DELETED = { key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' };
const PHASE = '.status.phase';
const READY = '.status.conditions.[] | select( .type == "Ready" ) | .status';

/** What a simulated kubelet does, each as soon as its selector fits. That a node goes on living is said by its Lease, without a stage. */
const stages = [
  stage('node-ready', 'Node', [{ key: READY, operator: 'NotIn', values: ['True'] }], {
    statusTemplate: `
conditions:
{{ range NodeConditions }}
- type: {{ .type | Quote }}
  status: {{ .status | Quote }}
  reason: {{ .reason | Quote }}
  message: {{ .message | Quote }}
  lastHeartbeatTime: {{ Now | Quote }}
  lastTransitionTime: {{ Now | Quote }}
{{ end }}
addresses:
- type: Hostname
  address: {{ .metadata.name | Quote }}
phase: Running
`,
  }),
  stage('pod-running', 'Pod', [NOT_DELETED, { key: PHASE, operator: 'In', values: ['Pending'] }], {
    statusTemplate: `
{{ $now := Now | Quote }}
conditions:
{{ range $type := list "Initialized" "ContainersReady" "Ready" }}
- type: {{ $type }}
  status: "True"
  lastTransitionTime: {{ $now }}
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  ready: true
  started: true
  restartCount: 0
  state:
    running:
      startedAt: {{ $now }}
{{ end }}
podIP: {{ PodIPWith .spec.nodeName false .metadata.uid .metadata.name .metadata.namespace | Quote }}
startTime: {{ $now }}
phase: Running
`,
  }),
  stage(
    'pod-succeeded',
    'Pod',
    [
      NOT_DELETED,
      { key: PHASE, operator: 'In', values: ['Running'] },
      { key: '.metadata.ownerReferences.[].kind', operator: 'In', values: ['Job'] },
    ],
    {
      statusTemplate: `
{{ $now := Now | Quote }}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  ready: false
  started: false
  restartCount: 0
  state:
    terminated:
      exitCode: 0
      reason: Completed
      startedAt: {{ $now }}
      finishedAt: {{ $now }}
{{ end }}
phase: Succeeded
`,
    },
  ),
  stage('pod-gone', 'Pod', [{ key: '.metadata.deletionTimestamp', operator: 'Exists' }], { delete: true }),
];

function stage(name: string, kind: 'Node' | 'Pod', matchExpressions: object[], next: object): object {
  return {
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'Stage',
    metadata: { name },
    spec: { resourceRef: { apiGroup: 'v1', kind }, selector: { matchExpressions }, next },
  };
}
