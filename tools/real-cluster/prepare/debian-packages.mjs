import { accessSync, constants } from 'node:fs';

import { step } from '../../dev/launch/step.mjs';

/** A file that tells that the package is there, and the package. */
const PACKAGES = {
  containerd: '/usr/bin/containerd',
  runc: '/usr/sbin/runc',
  'containernetworking-plugins': '/usr/lib/cni/bridge',
  iproute2: '/usr/sbin/ip',
  'docker-registry': '/usr/bin/docker-registry',
  skopeo: '/usr/bin/skopeo',
  'apache2-utils': '/usr/bin/htpasswd',
  'busybox-static': '/bin/busybox',
};

/** @returns {string[]} */
export function missingPackages() {
  return Object.entries(PACKAGES).flatMap(([name, file]) => (isExecutable(file) ? [] : [name]));
}

export async function installPackages() {
  const missing = missingPackages();
  if (missing.length === 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { cwd: '/', env };
  await step('reading the list of Debian packages', 'apt-get', ['update', '--quiet'], options);
  const install = ['install', '--yes', '--quiet', '--no-install-recommends', ...missing];
  await step(`installing ${missing.join(', ')}`, 'apt-get', install, options);
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
