// What `npm run demo` and `npm run dead-letters` run.
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { compile } from './launch/compile.mjs';
import { isInstalled } from './launch/install.mjs';
import { nodeBinary } from './launch/node-binary.mjs';
import { DEFAULT_DATA_DIR } from './launch/options.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const [command = '', ...args] = process.argv.slice(2);

/** Like that of `npm start`: the clone's own folder by default, else meant from where the user typed it. */
function dataDir() {
  const { values } = parseArgs({ args, strict: false, options: { 'data-dir': { type: 'string' } } });
  const named = values['data-dir'];
  if (named === undefined) return join(root, DEFAULT_DATA_DIR);
  return typeof named === 'string' ? resolve(process.env.INIT_CWD ?? process.cwd(), named) : '';
}

try {
  if (!isInstalled(root)) throw new Error('Nothing is installed yet. Start Slipway first: npm start');
  await compile(root);
  const folder = dataDir();
  const entry = join(root, 'tools/dev/dist/commands', `${command}.js`);
  // The last of two values counts.
  const all = folder === '' ? args : [...args, '--data-dir', folder];
  process.exitCode = spawnSync(nodeBinary(root), [entry, ...all], { stdio: 'inherit' }).status ?? 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
