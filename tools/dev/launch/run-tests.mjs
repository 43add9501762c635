import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { nodeBinary } from './node-binary.mjs';

/**
 * Runs vitest on Node 24, and counts. A suite that cannot be loaded has no test that could fail, and an error outside any test counts too.
 * @param {string} root @param {string[]} args of vitest @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function runTests(root, args, env = process.env) {
  const reports = mkdtempSync(join(tmpdir(), 'slipway-report-'));
  const report = join(reports, 'vitest.json');
  const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=default', '--reporter=json'];
  try {
    const code = await new Promise((done) => {
      const child = spawn(nodeBinary(root), [...vitest, `--outputFile.json=${report}`, ...args], {
        cwd: root,
        stdio: ['ignore', 'inherit', 'inherit'],
        env: { ...env, PATH: `${join(root, 'node_modules/.bin')}:${env.PATH}` },
      });
      child.once('error', () => done(1));
      child.once('exit', (exit) => done(exit ?? 1));
    });
    const counts = JSON.parse(readFileSync(report, 'utf8'));
    const passed = counts.numPassedTests;
    const failed = counts.numFailedTests;
    if (failed === 0 && (code !== 0 || !counts.success))
      return { passed, failed: Math.max(1, counts.numFailedTestSuites) };
    return { passed, failed };
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

/** Prints the last line of a test command and sets its exit code. @param {{ passed: number, failed: number }} counts */
export function report({ passed, failed }) {
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
  console.log(`${passed} passed, ${failed} failed`);
}
