import { timestamp } from './objects.js';
import type { Registry } from './registry.js';

/** In the network of the pods, as that of a node is reached from them. */
export const NODE_ADDRESS = '10.244.0.1';

/** What a fresh cluster holds: its namespaces and its one node. */
export function seed(registry: Registry, options: { cpu: string; memory: string }): void {
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) {
    registry.create('namespaces', undefined, { metadata: { name } });
  }
  const resources = { cpu: options.cpu, memory: options.memory, pods: '10000', 'ephemeral-storage': '100Gi' };
  const at = timestamp();
  registry.create('nodes', undefined, {
    metadata: {
      name: 'embedded',
      labels: {
        'kubernetes.io/hostname': 'embedded',
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'node-role.kubernetes.io/control-plane': '',
      },
    },
    spec: { podCIDR: '10.244.0.0/16' },
    status: {
      capacity: resources,
      allocatable: resources,
      addresses: [
        { type: 'InternalIP', address: NODE_ADDRESS },
        { type: 'Hostname', address: 'embedded' },
      ],
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'KubeletReady',
          message: 'the node is simulated and always ready',
          lastHeartbeatTime: at,
          lastTransitionTime: at,
        },
      ],
      nodeInfo: {
        kubeletVersion: 'v1.36.3',
        containerRuntimeVersion: 'simulated://1',
        osImage: 'simulated',
        kernelVersion: 'none',
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
    },
  });
}
