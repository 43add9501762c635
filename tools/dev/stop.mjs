// What `npm run stop` and `npm run reset` run.
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';

import { HELP, readOptions } from './launch/options.mjs';
import { runMain } from './launch/run-main.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** @param {string} question */
async function isYes(question) {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  // Without anybody to ask, such as in a script, the answer is no.
  const ended = new Promise((done) => terminal.once('close', () => done('')));
  const answer = await Promise.race([terminal.question(question), ended]);
  terminal.close();
  return /^y(es)?$/i.test(String(answer).trim());
}

try {
  const [command = 'stop', ...args] = process.argv.slice(2);
  const options = readOptions(args, root);
  if (options.help) {
    console.log(HELP);
  } else if (!existsSync(join(root, 'tools/dev/dist/main.js')) || !existsSync(options.dataDir)) {
    console.log(`Nothing was ever started on ${options.dataDir}.`);
  } else if (
    command === 'reset' &&
    !options.yes &&
    !(await isYes(`Stop Slipway and remove all its data in ${options.dataDir}, users and deployments included? [y/N] `))
  ) {
    console.log('Nothing was removed.');
    process.exitCode = 1;
  } else {
    process.exitCode = await runMain(root, 'tools/dev/dist/main.js', { command, root, ...options });
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
