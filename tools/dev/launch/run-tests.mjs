import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

import { nodeBinary } from './node-binary.mjs';

/** `failures`: where, which test, and what it said. @typedef {{ passed: number, failed: number, failures: string[] }} Counts */

/**
 * Runs vitest on Node 24, and counts. A suite that cannot be loaded has no test that could fail, and an error outside any test counts too.
 * @param {string} root @param {string[]} args of vitest @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<Counts>}
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
    const results = JSON.parse(readFileSync(report, 'utf8'));
    const counts = {
      passed: results.numPassedTests,
      failed: results.numFailedTests,
      failures: failuresOf(root, results),
    };
    if (counts.failed === 0 && (code !== 0 || !results.success))
      return { ...counts, failed: Math.max(1, results.numFailedTestSuites) };
    return counts;
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

/** @param {string} root @param {{ testResults: any[] }} results of vitest's JSON reporter @returns {string[]} */
function failuresOf(root, { testResults }) {
  return testResults
    .filter(({ status }) => status === 'failed')
    .flatMap(({ name, message, assertionResults }) => {
      const file = relative(root, name);
      const failed = assertionResults.filter(({ status }) => status === 'failed');
      if (failed.length === 0) return [`${file}\n${message}`];
      return failed.map(({ fullName, failureMessages }) => `${file} > ${fullName}\n${ours(failureMessages)}`);
    });
}

/** @param {string[]} messages with their stacks, of which the calls of the test runner say nothing */
function ours(messages) {
  const lines = messages.join('\n').split('\n');
  return lines.filter((line) => !/^ +at .*(node_modules|node:internal)|^ +at new Promise/.test(line)).join('\n');
}

/** Several runs as one. @param {Counts[]} counts @returns {Counts} */
export function sum(counts) {
  return counts.reduce((all, { passed, failed, failures }) => ({
    passed: all.passed + passed,
    failed: all.failed + failed,
    failures: [...all.failures, ...failures],
  }));
}

/**
 * Ends a test command: says once more what failed, since that is far above by now, prints the counts as the last line, and sets the exit
 * code. @param {Counts} counts
 */
export function report({ passed, failed, failures }) {
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
  for (const failure of failures) console.log(`\nFailed: ${failure}`);
  console.log(`${passed} passed, ${failed} failed`);
}
