import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { databaseDir, stopLeftOverNats, stopLeftOverPostgres, stopProcess } from '@slipway/testing/backends';

import { runningInstance } from './instance/pid-file.js';
import { stopLeftOverApps } from './services/processes.js';
import type { DevOptions } from './options.js';

const STOP_TIMEOUT_MS = 30_000;

/** Ends the instance of a data folder, and what one that was killed left running. */
export async function stop({ dataDir }: Pick<DevOptions, 'dataDir'>): Promise<void> {
  const pid = runningInstance(dataDir);
  if (pid === undefined) process.stdout.write(`No Slipway runs on ${dataDir}.\n`);
  else {
    await stopProcess(pid, 'SIGTERM', STOP_TIMEOUT_MS);
    process.stdout.write(`Slipway on ${dataDir} is stopped (it was process ${pid}).\n`);
  }
  await stopLeftOvers(dataDir);
}

/** What outlives a main process that was killed: the apps of `start:processes`, the broker, the database. */
export async function stopLeftOvers(dataDir: string): Promise<void> {
  await stopLeftOverApps(dataDir);
  if (existsSync(join(dataDir, 'nats'))) await stopLeftOverNats(join(dataDir, 'nats'));
  if (existsSync(join(dataDir, 'postgres'))) await stopLeftOverPostgres(join(dataDir, 'postgres'));
}

/** Stops, and removes all data. Whoever calls it has asked. */
export async function reset({ dataDir }: Pick<DevOptions, 'dataDir'>): Promise<void> {
  if (!existsSync(join(dataDir, 'version'))) {
    process.stdout.write(`${dataDir} is not a data folder of Slipway; nothing was removed.\n`);
    return;
  }
  await stop({ dataDir });
  if (existsSync(join(dataDir, 'postgres'))) {
    // Root's database may lie outside the data folder.
    rmSync(dirname(databaseDir(join(dataDir, 'postgres'))), { recursive: true, force: true });
  }
  rmSync(dataDir, { recursive: true, force: true });
  process.stdout.write(`${dataDir} is removed.\n`);
}
