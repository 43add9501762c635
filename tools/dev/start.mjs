// What `npm start` runs. Plain JavaScript without a dependency: it has to work on Node 20 before anything is installed.
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { compile } from './launch/compile.mjs';
import { install } from './launch/install.mjs';
import { HELP, readOptions } from './launch/options.mjs';
import { requirePrerequisites } from './launch/prerequisites.mjs';
import { runMain } from './launch/run-main.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
try {
  const options = readOptions(process.argv.slice(2), root);
  if (options.help) {
    console.log(HELP);
  } else {
    requirePrerequisites();
    await install(root);
    await compile(root);
    process.exitCode = await runMain(root, 'tools/dev/dist/main.js', { command: 'start', root, ...options });
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
