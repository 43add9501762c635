// A broker without Slipway, with Slipway's settings, on the cores of Slipway and its floors.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findNatsServer, startNatsServer } from '@slipway/testing/backends';

import type { Stage } from '../stage.js';

/** Its URL. */
export async function startFloorBroker(stage: Stage): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), 'slipway-bench-nats-'));
  const binary = await findNatsServer({ env: process.env, progress: stage.tell });
  const nats = await startNatsServer({ binary, dataDir });
  if (stage.cores)
    spawnSync('taskset', ['-a', '-c', '-p', stage.cores.system.join(','), String(nats.pid)], { stdio: 'ignore' });
  stage.defer(async () => {
    await nats.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return nats.url;
}
