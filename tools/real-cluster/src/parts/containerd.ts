import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Layout } from '../layout.js';
import type { Part } from './part.js';

/** Of the Debian package containernetworking-plugins. */
const CNI_PLUGINS = '/usr/lib/cni';

export function containerdSocket({ folder }: Layout): string {
  return join(folder, 'containerd', 'containerd.sock');
}

/** Its root, state, socket, runc and networks are in the cluster's folder, so that it meets no containerd that already runs. */
export const containerd: Part = ({ layout, ports, binaries }) => {
  const folder = join(layout.folder, 'containerd');
  const networks = join(folder, 'cni');
  mkdirSync(networks, { recursive: true });
  writeFileSync(join(networks, '10-bridge.conflist'), JSON.stringify(network(layout), undefined, 2));
  const config = join(folder, 'config.toml');
  writeFileSync(
    config,
    `version = 2
root = "${folder}/root"
state = "${folder}/state"
disabled_plugins = ["io.containerd.internal.v1.opt"]

[grpc]
  address = "${containerdSocket(layout)}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "127.0.0.1:${ports.registry}/slipway/pause:1"
  # Without CAP_SYS_RESOURCE a pod could not be given its score, and would end in "can't get final child's PID".
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  # A profile would be loaded into the kernel of this machine, and stay there.
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      Root = "${folder}/runc"
      SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${CNI_PLUGINS}"
    conf_dir = "${networks}"
`,
  );
  return { name: 'containerd', binary: binaries.containerd, args: ['--config', config, '--log-level', 'warn'] };
};

/** Pods reach each other and the node over one bridge; nothing leaves the machine. */
function network({ bridge, podNetwork, nodeAddress, folder }: Layout): object {
  return {
    cniVersion: '1.0.0',
    name: bridge,
    plugins: [
      {
        type: 'bridge',
        bridge,
        ipMasq: false,
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          ranges: [[{ subnet: podNetwork, gateway: nodeAddress }]],
          dataDir: join(folder, 'containerd', 'addresses'),
        },
      },
    ],
  };
}
