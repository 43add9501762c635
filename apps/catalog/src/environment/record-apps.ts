import type { AppFacts } from '@slipway/contracts';
import { takeTurns, type Tx } from '@slipway/persistence';

import { recordAudience } from '../app-audience/record-audience.js';
import type { EnvironmentState } from './environment.entity.js';
import { recordDedicatedEnvironment } from './record-environment.js';

/** Takes in what events tell of Apps: who sees them, and in which state the Environments are that were made for one of them alone. */
export async function recordApps(tx: Tx, apps: readonly AppFacts[], state: EnvironmentState): Promise<void> {
  await takeTurns(
    tx,
    apps.flatMap(({ id, environment }) => [id, environment.id]),
  );
  const now = new Date();
  for (const app of apps) {
    await recordAudience(tx, app);
    await recordDedicatedEnvironment(tx, app, state, now);
  }
}
