// The embedded cluster beside Slipway, in a process of its own.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Stage } from '../stage.js';
import type { ClusterAccess } from '../world/cluster.js';
import type { Child } from './child.js';

export interface BesideCluster {
  readonly process: Child;
  readonly access: ClusterAccess;
  /** What an instance is started with to use it. */
  readonly args: readonly string[];
}

export async function startCluster(stage: Stage): Promise<BesideCluster> {
  const child = stage.child(new URL('../world/cluster.js', import.meta.url), 'world');
  const access = await child.ask<ClusterAccess>('start');
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-cluster-'));
  stage.defer(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'kubeconfig.yaml');
  writeFileSync(file, access.kubeconfig, { mode: 0o600 });
  return { process: child, access, args: ['--kubeconfig', file] };
}
