import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { step } from '../../dev/launch/step.mjs';

/** The Go module whose go.mod and go.sum hold every version and hash. */
const MODULE = resolve(dirname(fileURLToPath(import.meta.url)), '../binaries');

/** A program, its module, its package in it, and how it tells its version. The first build takes minutes, the others share its parts. */
const BUILT = {
  'kube-apiserver': ['k8s.io/kubernetes', '/cmd/kube-apiserver', '--version'],
  'kube-controller-manager': ['k8s.io/kubernetes', '/cmd/kube-controller-manager', '--version'],
  'kube-scheduler': ['k8s.io/kubernetes', '/cmd/kube-scheduler', '--version'],
  kubelet: ['k8s.io/kubernetes', '/cmd/kubelet', '--version'],
  kubectl: ['k8s.io/kubernetes', '/cmd/kubectl', 'version', '--client'],
  etcd: ['go.etcd.io/etcd/server/v3', '', '--version'],
  'metrics-server': ['sigs.k8s.io/metrics-server', '/cmd/metrics-server', '--version'],
  kwok: ['sigs.k8s.io/kwok', '/cmd/kwok', '--version'],
};

/** Programs of Debian packages, see debian-packages.mjs. */
const PACKAGED = ['containerd', 'docker-registry'];

/** What would have to be built. @returns {string[]} */
export function missingBinaries() {
  return Object.keys(BUILT).filter((name) => !find(name));
}

/**
 * The path of every program, by name: from REAL_CLUSTER_BIN, the PATH, or the user's cache, where what is missing is built.
 * @returns {Promise<Record<string, string>>}
 */
export async function buildBinaries() {
  const missing = missingBinaries();
  for (const [index, name] of missing.entries()) {
    const [module, path] = BUILT[name];
    const target = cached(name);
    mkdirSync(dirname(target), { recursive: true });
    const version = versionOf('k8s.io/kubernetes');
    await step(
      `building ${name} ${versionOf(module)}, ${index + 1} of ${missing.length}${index === 0 ? ' (all together a few minutes, once)' : ''}`,
      'go',
      [
        'build',
        '-ldflags',
        `-s -w -X k8s.io/component-base/version.gitVersion=${version}`,
        '-o',
        `${target}.new`,
        `${module}${path}`,
      ],
      { cwd: MODULE, env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '' } },
    );
    renameSync(`${target}.new`, target);
  }
  return Object.fromEntries([...Object.keys(BUILT), ...PACKAGED].map((name) => [name, find(name) ?? name]));
}

/** @param {string} name */
function find(name) {
  const { REAL_CLUSTER_BIN: own, PATH: path = '' } = process.env;
  const onPath = path.split(delimiter).map((folder) => join(folder, name));
  if (own && isExecutable(join(own, name))) return join(own, name);
  if (!(name in BUILT)) return onPath.find(isExecutable);
  return [...onPath, cached(name)].find((file) => isExecutable(file) && hasVersion(file, name));
}

/** Whether a program is of the minor version that go.mod names: others would make another cluster. @param {string} file @param {string} name */
function hasVersion(file, name) {
  if (file === cached(name)) return true;
  const [module, , ...args] = BUILT[name];
  const [major, minor] = versionOf(module).slice(1).split('.');
  const told = /v?(\d+)\.(\d+)\.\d+/.exec(spawnSync(file, args, { encoding: 'utf8', timeout: 10_000 }).stdout ?? '');
  return told?.[1] === major && told[2] === minor;
}

/** @param {string} name */
function cached(name) {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return join(cache, 'slipway', 'real-cluster', `${name}-${versionOf(BUILT[name][0])}`);
}

/** Of a module in go.mod. @param {string} module */
function versionOf(module) {
  const line = readFileSync(join(MODULE, 'go.mod'), 'utf8')
    .split('\n')
    .map((text) => text.trim().split(' '))
    .find(([name, version]) => name === module && version?.startsWith('v'));
  if (!line) throw new Error(`${module} is not in ${MODULE}/go.mod`);
  return line[1];
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
