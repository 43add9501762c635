import type { Part } from './part.js';

export const controllerManager: Part = ({ credentials, binaries }) => ({
  name: 'kube-controller-manager',
  binary: binaries['kube-controller-manager'],
  args: [
    `--kubeconfig=${credentials.kubeconfig('controller-manager')}`,
    `--service-account-private-key-file=${credentials.serviceAccountKey}`,
    `--root-ca-file=${credentials.caFile}`,
    '--use-service-account-credentials',
    '--leader-elect=false',
    '--secure-port=0',
    // A node that went silent is found out within seconds instead of the usual minute, so that a test can see it.
    '--node-monitor-period=2s',
    '--node-monitor-grace-period=12s',
  ],
});
