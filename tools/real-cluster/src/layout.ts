import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** Where a cluster of this machine has its files and its network. Two clusters of different names meet nowhere. */
export interface Layout {
  readonly name: string;
  /** Everything that the cluster writes is below this folder. */
  readonly folder: string;
  readonly node: string;
  readonly bridge: string;
  /** Of the bridge: the node's address, since a kubelet refuses a loopback one. */
  readonly nodeAddress: string;
  readonly podNetwork: string;
  readonly serviceNetwork: string;
  /**
   * Its programs listen from here on. Below the ports that the kernel gives to whoever connects (from 32768 on): one of those could be taken
   * between the choice and the start of the program.
   */
  readonly firstPort: number;
  /** Parent of the cgroups of all pods, without a slash in front. */
  readonly cgroup: string;
}

export const DEFAULT_NAME = 'slipway';

const HOME = '/var/lib/slipway-cluster';

/** @param name 1 to 11 lower-case letters and digits: an interface of Linux has at most 15 characters. */
export function layoutOf(name: string): Layout {
  if (!/^[a-z0-9]{1,11}$/.test(name)) {
    throw new Error(`--name has to be 1 to 11 lower-case letters and digits, but is "${name}"`);
  }
  const [first = 0, second = 0] = createHash('sha256').update(name).digest();
  const network = `10.${200 + (first % 50)}.${second}`;
  return {
    name,
    folder: join(HOME, name),
    node: `${name}-node`,
    bridge: `sw-${name}`,
    nodeAddress: `${network}.1`,
    podNetwork: `${network}.0/24`,
    serviceNetwork: `10.${150 + (first % 50)}.${second}.0/24`,
    firstPort: 20_000 + ((first * 256 + second) % 1200) * 10,
    cgroup: `slipway-${name}`,
  };
}
