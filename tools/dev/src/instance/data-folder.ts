import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { UserError } from '../user-error.js';

/** Raised when what an older Slipway wrote cannot be read any more. */
export const DATA_VERSION = '1';

const MEBIBYTE = 1024 * 1024;

/** A new database and the first of its log files take about half of that. */
const LEAST_FREE_BYTES = 100 * MEBIBYTE;

/**
 * Makes the folder that holds all data of an instance, or checks that it is one of ours. Only its owner may list it; root's lets
 * others pass, because PostgreSQL's own account has to reach its files, which are closed in turn.
 */
export function openDataFolder(dataDir: string, leastFreeBytes = LEAST_FREE_BYTES): void {
  requireSpace(dataDir, leastFreeBytes);
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

// Asked first: a database or a broker that meets the end of the disk half-way tells it late and in its own words.
function requireSpace(dataDir: string, leastFreeBytes: number): void {
  let existing = dataDir;
  while (!existsSync(existing)) existing = dirname(existing);
  const { bavail, bsize } = statfsSync(existing);
  const free = bavail * bsize;
  if (free >= leastFreeBytes) return;
  throw new UserError(
    `The disk that holds ${dataDir} is full: ${Math.floor(free / MEBIBYTE)} MiB are free and ${Math.ceil(leastFreeBytes / MEBIBYTE)} MiB are needed. ` +
      'Free some space and start again, or name another folder with --data-dir.',
  );
}
