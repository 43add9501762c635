import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { step } from './step.mjs';

/**
 * Whether node_modules is what package-lock.json says. npm writes what it installed into node_modules as its very last step, so an
 * interrupted installation counts as none.
 * @param {string} root
 */
export function isInstalled(root) {
  try {
    const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
    const found = JSON.parse(readFileSync(join(root, 'node_modules', '.package-lock.json'), 'utf8')).packages;
    return Object.entries(wanted).every(([path, { version, integrity, optional, peer }]) => {
      if (!path.startsWith('node_modules/')) return true;
      const installed = found[path];
      // Optional packages of other platforms are in the lock file, and not on the disk.
      if (!installed) return optional || peer;
      return installed.version === version && installed.integrity === integrity;
    });
  } catch {
    return false;
  }
}

/** @param {string} root */
export async function install(root) {
  if (isInstalled(root)) return;
  await step(
    'installing the npm packages (about a minute, once)',
    'npm',
    ['ci', '--no-fund', '--no-audit', '--loglevel=error'],
    {
      cwd: root,
      // An installation for production would leave out the compiler.
      env: { ...process.env, NODE_ENV: '', npm_config_omit: '' },
    },
  );
}
