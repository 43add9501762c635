import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { step } from '../../dev/launch/step.mjs';

/** A program that tells that the package, or another one that brings the same, is there; and the package. */
const PACKAGES = {
  containerd: 'containerd',
  runc: 'runc',
  'containernetworking-plugins': '/usr/lib/cni/bridge',
  iproute2: 'ip',
  'docker-registry': 'docker-registry',
  skopeo: 'skopeo',
  'apache2-utils': 'htpasswd',
  'busybox-static': '/bin/busybox',
};

/** Packages that make systemd run their program, now and at each boot. We start our own, and want no other. */
const SERVICES = ['containerd', 'docker-registry'];

/** @returns {string[]} */
export function missingPackages() {
  return Object.entries(PACKAGES).flatMap(([name, program]) => (isThere(program) ? [] : [name]));
}

export async function installPackages() {
  const missing = missingPackages();
  if (missing.length === 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { cwd: '/', env };
  await step('reading the list of Debian packages', 'apt-get', ['update', '--quiet'], options);
  // Docker's own packages conflict with Debian's: better no cluster than a machine without its Docker.
  const install = ['install', '--yes', '--quiet', '--no-install-recommends', '--no-remove', ...missing];
  await step(`installing ${missing.join(', ')}`, 'apt-get', install, options);
  const services = SERVICES.filter((name) => missing.includes(name));
  if (services.length > 0 && existsSync('/run/systemd/system'))
    await step(
      `stopping their services ${services.join(', ')}`,
      'systemctl',
      ['disable', '--now', ...services],
      options,
    );
}

/** @param {string} program a path, or a name that is looked up as root's shell would */
function isThere(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return program.startsWith('/')
    ? isExecutable(program)
    : folders.some((folder) => isExecutable(join(folder, program)));
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
