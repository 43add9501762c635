import { spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { compile } from './compile.mjs';
import { install } from './install.mjs';
import { nodeBinary } from './node-binary.mjs';
import { requirePrerequisites } from './prerequisites.mjs';

/**
 * Installs, compiles, and runs a tool that starts instances of its own, with the arguments of this process; its exit code becomes ours.
 * @param {string} entry below the project, such as `tools/bench/dist/main.js`
 */
export async function runTool(entry) {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
  try {
    requirePrerequisites();
    await install(root);
    await compile(root);
    // A group of its own: Ctrl-C reaches a whole group, and the run must stop what it started before it ends.
    const child = spawn(nodeBinary(root), [join(root, entry), ...process.argv.slice(2)], {
      detached: true,
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill('SIGTERM'));
    process.exitCode = await new Promise((done) => {
      child.once('error', (error) => {
        console.error(error.message);
        done(1);
      });
      child.once('exit', (code) => done(code ?? 1));
    });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
