// What `npm test` runs: installs what is missing, then every suite that needs no real cluster. The last line counts the tests.
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { compile } from './launch/compile.mjs';
import { install } from './launch/install.mjs';
import { requirePrerequisites } from './launch/prerequisites.mjs';
import { report, runTests } from './launch/run-tests.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
try {
  requirePrerequisites();
  await install(root);
  // The suites of libs and apps run from source; those that start processes need them compiled.
  await compile(root);
  report(await runTests(root, process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  report({ passed: 0, failed: 1, failures: [] });
}
