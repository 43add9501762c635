// The kubelet sets these for the whole machine, and leaves them so. What they were is written down before it starts, and set again once no
// cluster is left that needs them otherwise.
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { Layout } from './layout.js';

const SETTINGS = [
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
];
const FILE = 'kernel-settings.json';

export function rememberKernelSettings({ folder }: Pick<Layout, 'folder'>, root = '/proc/sys'): void {
  const [other] = ofOtherClusters(folder);
  const found = Object.fromEntries(SETTINGS.map((name) => [name, readSetting(root, name)]));
  writeFileSync(join(folder, FILE), other ? readFileSync(other) : JSON.stringify(found, undefined, 2));
}

export function restoreKernelSettings({ folder }: Pick<Layout, 'folder'>, root = '/proc/sys'): void {
  const file = join(folder, FILE);
  if (!existsSync(file) || ofOtherClusters(folder).length > 0) return;
  const settings = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  for (const [name, value] of Object.entries(settings)) {
    if (readSetting(root, name) !== value) writeFileSync(join(root, name), value);
  }
}

function readSetting(root: string, name: string): string {
  return readFileSync(join(root, name), 'utf8').trim();
}

function ofOtherClusters(folder: string): string[] {
  return globSync(join(dirname(folder), '*', FILE)).filter((file) => dirname(file) !== folder);
}
