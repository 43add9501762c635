import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { nodeBinary } from './node-binary.mjs';

const REPEAT_MS = 1000;
/** A look-up of a name whose servers are silent holds a thread for seconds, and half of them may be so held (deploy/Dockerfile). */
const THREADS = '32';
/** In MiB. Grown to Node's 32, the young generation is collected in pauses of 20 to 40 ms (deploy/Dockerfile). */
const YOUNG_HALF = '8';

/**
 * Runs a compiled entry file on Node 24 until it ends, and answers its exit code.
 *
 * The child has a process group of its own, because Ctrl-C reaches a whole group, npm sends it once more, and a second signal means
 * "at once": here they become one. The channel between the two tells the child when this process was killed.
 * @param {string} root @param {string} entry @param {object} input
 * @returns {Promise<number>}
 */
export function runMain(root, entry, input) {
  const telemetry = join(root, 'libs/runtime/dist/telemetry.js');
  const options = [`--max-semi-space-size=${YOUNG_HALF}`, '--import', `file://${telemetry}`];
  const child = spawn(nodeBinary(root), [...options, join(root, entry), JSON.stringify(input)], {
    detached: true,
    env: { UV_THREADPOOL_SIZE: THREADS, ...process.env },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  let last = 0;
  const pass = () => {
    if (Date.now() - last < REPEAT_MS) return;
    last = Date.now();
    child.kill('SIGTERM');
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, pass);
  // When npm is killed, its shell and this process live on, and would keep the port.
  if (process.env.npm_lifecycle_event) {
    const family = ancestors();
    setInterval(() => ancestors() !== family && pass(), REPEAT_MS).unref();
  }
  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.once('exit', (code, signal) => {
      if (signal) console.error(`Slipway was ended by ${signal}; the next start clears up what it left.`);
      resolve(code ?? 1);
    });
  });
}

/** This process's parent and, where /proc tells it, that one's parent: npm puts a shell in between. */
function ancestors() {
  try {
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
    return `${process.ppid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]}`;
  } catch {
    return String(process.ppid);
  }
}
