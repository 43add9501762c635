import type { Tenant } from '../driver/tenant.js';
import type { Rig } from '../rig/rig.js';
import { observeApi } from './api.js';
import { deadLetters } from './broker.js';
import { observeCluster } from './cluster.js';
import { observeRows } from './rows.js';
import type { World } from './world.js';

/** The world as it is now, together with what was noted while the run went on. */
export async function observe(
  rig: Rig,
  tenants: readonly Tenant[],
  noted: Pick<World, 'written' | 'sightings' | 'resources'>,
): Promise<World> {
  const [rows, objects, letters, answers] = await Promise.all([
    observeRows(rig.database),
    observeCluster(rig.cluster.kubeconfig),
    deadLetters(rig),
    observeApi(rig.gatewayUrls[0] ?? '', tenants),
  ]);
  return {
    at: Date.now(),
    ...rows,
    ...objects,
    answers,
    deadLetters: letters,
    received: rig.receiver.received.map(({ at, manner, path, webhookId, body }) => ({
      at,
      manner,
      path,
      webhookId,
      body,
    })),
    ...noted,
  };
}
