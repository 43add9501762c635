import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { compile } from '../../dev/launch/compile.mjs';
import { install as installNpmPackages } from '../../dev/launch/install.mjs';
import { nodeBinary } from '../../dev/launch/node-binary.mjs';
import { requirePrerequisites } from '../../dev/launch/prerequisites.mjs';
import { buildBinaries } from './binaries.mjs';
import { installPackages } from './debian-packages.mjs';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

/** Installs the npm packages and compiles, as every command does. */
export async function install() {
  requirePrerequisites();
  await installNpmPackages(root);
  await compile(root);
}

/** Installs and builds what the cluster needs, starts it, and answers the exit code. @param {string} name @param {number} simulatedNodes */
export async function startCluster(name, simulatedNodes = 0) {
  await installPackages();
  return run({ command: 'start', name, simulatedNodes, binaries: await buildBinaries() });
}

/** @param {string} name */
export function stopCluster(name) {
  return run({ command: 'stop', name });
}

/**
 * Gives Slipway the rights of deploy/access.yaml as it is now; with `everything` all that there are.
 * @param {string} name @param {boolean} everything
 */
export function grantAccess(name, everything) {
  if (run({ command: 'grant', name, everything }) !== 0) throw new Error('Slipway could not be given its rights.');
}

/** What cluster.json of a running cluster says, see src/facts.ts; undefined when none runs. @param {string} name */
export function readFacts(name) {
  const { stdout, status } = main({ command: 'facts', name }, 'pipe');
  if (status !== 0) throw new Error(`The cluster ${name} cannot be looked at.`);
  return stdout === '' ? undefined : JSON.parse(stdout);
}

/** @param {object} input */
function run(input) {
  return main(input, 'inherit').status ?? 1;
}

/** @param {object} input @param {'pipe' | 'inherit'} output */
function main(input, output) {
  const entry = join(root, 'tools/real-cluster/dist/main.js');
  return spawnSync(nodeBinary(root), [entry, JSON.stringify(input)], {
    stdio: ['ignore', output, 'inherit'],
    encoding: 'utf8',
  });
}
