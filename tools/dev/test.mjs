// What `npm test` runs: installs what is missing, then every suite that needs no real cluster. The last line counts the tests.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { compile } from './launch/compile.mjs';
import { install } from './launch/install.mjs';
import { nodeBinary } from './launch/node-binary.mjs';
import { requirePrerequisites } from './launch/prerequisites.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const reports = mkdtempSync(join(tmpdir(), 'slipway-report-'));
let passed = 0;
let failed = 0;
try {
  requirePrerequisites();
  await install(root);
  // The suites of libs and apps run from source; those that start processes need them compiled.
  await compile(root);
  const report = join(reports, 'vitest.json');
  const code = await new Promise((done) => {
    const vitest = spawn(
      nodeBinary(root),
      [
        join(root, 'node_modules/vitest/vitest.mjs'),
        'run',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
        ...process.argv.slice(2),
      ],
      {
        cwd: root,
        stdio: ['ignore', 'inherit', 'inherit'],
        env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` },
      },
    );
    vitest.once('error', () => done(1));
    vitest.once('exit', (exit) => done(exit ?? 1));
  });
  const counts = JSON.parse(readFileSync(report, 'utf8'));
  passed = counts.numPassedTests;
  failed = counts.numFailedTests;
  // A suite that cannot be loaded has no test that could fail, and an error outside any test counts too.
  if (failed === 0 && (code !== 0 || !counts.success)) failed = Math.max(1, counts.numFailedTestSuites);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  failed += 1;
} finally {
  rmSync(reports, { recursive: true, force: true });
}
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
console.log(`${passed} passed, ${failed} failed`);
