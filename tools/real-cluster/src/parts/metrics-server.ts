import { join } from 'node:path';

import type { Part } from './part.js';

export const metricsServer: Part = ({ layout, ports, credentials, binaries }) => ({
  name: 'metrics-server',
  binary: binaries['metrics-server'],
  args: [
    `--kubeconfig=${credentials.kubeconfig('admin')}`,
    `--authentication-kubeconfig=${credentials.kubeconfig('admin')}`,
    `--authorization-kubeconfig=${credentials.kubeconfig('admin')}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${ports.metrics}`,
    `--cert-dir=${join(layout.folder, 'metrics-server')}`,
    `--kubelet-certificate-authority=${credentials.caFile}`,
    `--kubelet-client-certificate=${credentials.pair('api-server-to-kubelet').certificate}`,
    `--kubelet-client-key=${credentials.pair('api-server-to-kubelet').key}`,
    '--kubelet-preferred-address-types=InternalIP',
    // Each cluster of a machine has its kubelet at a port of its own, never at 10250.
    '--kubelet-use-node-status-port',
    '--metric-resolution=15s',
  ],
});

/** Leads `metrics.k8s.io` to the metrics-server, which runs beside the cluster and not in it. */
export function metricsApi(port: number): object[] {
  const service = { namespace: 'kube-system', name: 'metrics-server' };
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: service,
      spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] },
    },
    {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: 'v1beta1.metrics.k8s.io' },
      spec: {
        group: 'metrics.k8s.io',
        version: 'v1beta1',
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: { ...service, port },
      },
    },
  ];
}
