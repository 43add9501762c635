import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { nodeBinary } from './node-binary.mjs';
import { step } from './step.mjs';

const ROOTS = ['libs', 'apps', 'tools'];

/** Compiles what changed. @param {string} root */
export async function compile(root) {
  const stamp = join(root, 'node_modules', '.cache', 'slipway-compiled');
  const sources = fingerprint(root);
  const before = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
  if (before === sources && projects(root).every((project) => existsSync(join(project, 'dist')))) return;
  await step(
    before ? 'compiling what changed' : 'compiling',
    nodeBinary(root),
    [join(root, 'node_modules/typescript/bin/tsc'), '-b'],
    { cwd: root },
  );
  mkdirSync(join(root, 'node_modules', '.cache'), { recursive: true });
  writeFileSync(stamp, sources);
}

/** @param {string} root */
function projects(root) {
  return ROOTS.flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(root, folder, name))).filter(
    (project) => existsSync(join(project, 'tsconfig.json')),
  );
}

/** Names, times and sizes of everything that the compiler reads. @param {string} root */
function fingerprint(root) {
  const hash = createHash('sha256');
  const add = (/** @type {string} */ path) => {
    const { mtimeMs, size } = statSync(path);
    hash.update(`${path}\0${mtimeMs}\0${size}\n`);
  };
  const walk = (/** @type {string} */ folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (/\.(ts|json)$/.test(entry.name)) add(path);
    }
  };
  for (const file of ['tsconfig.base.json', 'tsconfig.json', 'package-lock.json']) add(join(root, file));
  for (const project of projects(root)) {
    for (const file of ['tsconfig.json', 'package.json']) add(join(project, file));
    if (existsSync(join(project, 'src'))) walk(join(project, 'src'));
  }
  return hash.digest('hex');
}
