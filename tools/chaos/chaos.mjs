// What `npm run chaos` runs. Compiles first: what is broken is what `npm start` runs.
import { spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { compile } from '../dev/launch/compile.mjs';
import { install } from '../dev/launch/install.mjs';
import { nodeBinary } from '../dev/launch/node-binary.mjs';
import { requirePrerequisites } from '../dev/launch/prerequisites.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
try {
  requirePrerequisites();
  await install(root);
  await compile(root);
  // A group of its own: Ctrl-C reaches a whole group, and the run must stop what it started before it ends.
  const child = spawn(nodeBinary(root), [join(root, 'tools/chaos/dist/main.js'), ...process.argv.slice(2)], {
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
