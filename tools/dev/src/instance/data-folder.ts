import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { UserError } from '../user-error.js';

/** Raised when what an older Slipway wrote cannot be read any more. */
export const DATA_VERSION = '1';

/**
 * Makes the folder that holds all data of an instance, or checks that it is one of ours. Only its owner may list it; root's lets
 * others pass, because PostgreSQL's own account has to reach its files, which are closed in turn.
 */
export function openDataFolder(dataDir: string): void {
  const versionFile = join(dataDir, 'version');
  if (existsSync(versionFile)) {
    const version = readFileSync(versionFile, 'utf8').trim();
    if (version === DATA_VERSION) return;
    throw new UserError(
      `${dataDir} holds data of version ${version}, and this Slipway reads version ${DATA_VERSION}: ` +
        'use the Slipway that wrote it, or another folder with --data-dir',
    );
  }
  if (existsSync(dataDir) && readdirSync(dataDir).length > 0) {
    throw new UserError(`${dataDir} is not empty and not a data folder of Slipway: name another one with --data-dir`);
  }
  mkdirSync(dataDir, { recursive: true });
  chmodSync(dataDir, process.getuid?.() === 0 ? 0o711 : 0o700);
  writeFileSync(versionFile, `${DATA_VERSION}\n`, { mode: 0o600 });
}
