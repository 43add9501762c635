import type { Part } from './part.js';

const ANNOTATION = 'slipway/simulated';

/** Kwok plays the kubelet of the simulated nodes: their pods become running at once, and cost next to nothing. */
export const kwok: Part = ({ credentials, binaries }) => ({
  name: 'kwok',
  binary: binaries.kwok,
  args: [
    `--kubeconfig=${credentials.kubeconfig('admin')}`,
    '--manage-all-nodes=false',
    `--manage-nodes-with-annotation-selector=${ANNOTATION}=true`,
    '--server-address=',
    '--node-lease-duration-seconds=40',
  ],
});

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
