// A broker without Slipway, with Slipway's settings, on the cores of Slipway and its floors.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findNatsServer, startNatsServer } from '@slipway/testing/backends';

import type { Stage } from '../stage.js';

export interface FloorBroker {
  /** Default: Slipway's. */
  readonly syncInterval?: string | undefined;
  /** Folder of another one, stopped, whose streams it begins with. */
  readonly streams?: string;
}

/** Its URL. */
export async function startFloorBroker(stage: Stage, { syncInterval, streams }: FloorBroker = {}): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), 'slipway-bench-nats-'));
  if (streams !== undefined) cpSync(streams, join(dataDir, 'streams'), { recursive: true });
  const binary = await findNatsServer({ env: process.env, progress: stage.tell });
  const nats = await startNatsServer({ binary, dataDir, syncInterval });
  if (stage.cores)
    spawnSync('taskset', ['-a', '-c', '-p', stage.cores.system.join(','), String(nats.pid)], { stdio: 'ignore' });
  stage.defer(async () => {
    await nats.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return nats.url;
}
