import { spawnSync } from 'node:child_process';

import { missingBinaries } from './binaries.mjs';
import { missingPackages } from './debian-packages.mjs';

/**
 * Why a real cluster cannot run on this machine, in one sentence; undefined when it can.
 * @returns {string | undefined}
 */
export function whyNot() {
  if (process.platform !== 'linux') return `A real cluster needs Linux, and this is ${process.platform}.`;
  if (process.getuid?.() !== 0) return 'A real cluster needs root: it makes control groups, mounts and a network.';
  const packages = missingPackages();
  if (packages.length > 0 && spawnSync('apt-get', ['--version']).status !== 0) {
    return `A real cluster needs ${packages.join(', ')}: install what they are called here (apt-get, which would do it, is not there).`;
  }
  const binaries = missingBinaries();
  if (binaries.length > 0 && spawnSync('go', ['version']).status !== 0) {
    return `A real cluster needs Go, to build ${binaries.join(', ')} once (https://go.dev), or REAL_CLUSTER_BIN, a folder that holds them.`;
  }
  return undefined;
}
