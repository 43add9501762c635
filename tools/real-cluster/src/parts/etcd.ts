import { join } from 'node:path';

import type { Part } from './part.js';

export const etcd: Part = ({ layout, ports, binaries }) => {
  const client = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return {
    name: 'etcd',
    binary: binaries.etcd,
    args: [
      '--name=one',
      `--data-dir=${join(layout.folder, 'etcd')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=one=${peer}`,
      // The cluster is made anew at every start: nothing has to survive a power cut.
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
  };
};
