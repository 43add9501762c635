import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { stringify } from 'yaml';

import { containerdSocket } from './containerd.js';
import type { Part } from './part.js';

export const kubelet: Part = ({ layout, ports, credentials, binaries }) => {
  const folder = join(layout.folder, 'kubelet');
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'config.yaml');
  const { certificate, key } = credentials.pair('kubelet');
  writeFileSync(
    config,
    stringify({
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      address: layout.nodeAddress,
      port: ports.kubelet,
      healthzPort: 0,
      tlsCertFile: certificate,
      tlsPrivateKeyFile: key,
      authentication: {
        anonymous: { enabled: false },
        webhook: { enabled: true },
        x509: { clientCAFile: credentials.caFile },
      },
      authorization: { mode: 'Webhook' },
      containerRuntimeEndpoint: `unix://${containerdSocket(layout)}`,
      podLogsDir: join(layout.folder, 'pod-logs'),
      volumePluginDir: join(folder, 'volume-plugins'),
      resolvConf: '',
      makeIPTablesUtilChains: false,
      failCgroupV1: false,
      cgroupDriver: 'cgroupfs',
      cgroupRoot: `/${layout.cgroup}`,
      enforceNodeAllocatable: [],
      failSwapOn: false,
      serializeImagePulls: false,
      // Stories beside each other pull more than five images a second; a pull that is put off is no part of them.
      registryPullQPS: 0,
      // A machine that is nearly full would evict pods and remove images in the middle of a test.
      evictionHard: {
        'memory.available': '0%',
        'nodefs.available': '0%',
        'imagefs.available': '0%',
        'nodefs.inodesFree': '0%',
      },
      imageGCHighThresholdPercent: 100,
      maxPods: 200,
      nodeStatusUpdateFrequency: '4s',
      logging: { verbosity: 1 },
    }),
  );
  return {
    name: 'kubelet',
    binary: binaries.kubelet,
    args: [
      `--config=${config}`,
      `--kubeconfig=${credentials.kubeconfig('node')}`,
      `--root-dir=${join(folder, 'root')}`,
      `--cert-dir=${join(folder, 'pki')}`,
      `--node-ip=${layout.nodeAddress}`,
      `--hostname-override=${layout.node}`,
    ],
  };
};
