import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { userCacheDir } from '@slipway/testing/backends';

/** The kubectl of the PATH, or the one that `npm run cluster` has built. Undefined where there is none. */
export function findKubectl(): string | undefined {
  if (spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' }).status === 0) return 'kubectl';
  const folder = join(userCacheDir(), 'real-cluster');
  const built = existsSync(folder) ? readdirSync(folder).findLast((file) => file.startsWith('kubectl-')) : undefined;
  return built && join(folder, built);
}
