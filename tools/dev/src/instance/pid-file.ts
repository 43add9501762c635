import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { commandLine, isRunning } from '@slipway/testing/backends';

/** What every main process has in its command line, beside its data folder. */
const MARK = 'tools/dev/dist/main.js';

/** The pid of the instance that runs on a data folder. A stranger that has got the pid of a killed one is not it. */
export function runningInstance(dataDir: string): number | undefined {
  const file = join(dataDir, 'slipway.pid');
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, 'utf8'));
  if (!(pid > 0) || !isRunning(pid)) return undefined;
  const line = commandLine(pid);
  return line.includes(MARK) && line.includes(JSON.stringify(dataDir)) ? pid : undefined;
}

/** Marks the data folder as this process's, and answers how to take the mark away. */
export function claimDataFolder(dataDir: string): () => void {
  const file = join(dataDir, 'slipway.pid');
  writeFileSync(file, String(process.pid), { mode: 0o600 });
  return () => rmSync(file, { force: true });
}
