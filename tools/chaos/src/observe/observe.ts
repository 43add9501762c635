import type { Tenant } from '../driver/tenant.js';
import type { Rig } from '../rig/rig.js';
import { observeApi, observeUsed } from './api.js';
import { deadLetters } from './broker.js';
import { observeCluster } from './cluster.js';
import { observeRows } from './rows.js';
import type { World } from './world.js';

/** The world as it is now, together with what was noted while the run went on. */
export async function observe(
  rig: Rig,
  { tenants, fullTenant }: { tenants: readonly Tenant[]; fullTenant: Tenant },
  noted: Pick<World, 'written' | 'sightings' | 'resources' | 'images'>,
): Promise<World> {
  const [rows, objects, letters, answers, used] = await Promise.all([
    observeRows(rig.database),
    observeCluster(rig.cluster.kubeconfig),
    deadLetters(rig),
    observeApi(rig.gatewayUrls[0] ?? '', tenants),
    observeUsed(rig.gatewayUrls[0] ?? '', [...tenants, fullTenant]),
  ]);
  return {
    at: Date.now(),
    ...rows,
    ...objects,
    answers,
    used,
    clusterWrites: rig.cluster.writes().flatMap((write) => {
      const replica = rig.writerOf(write);
      const { verb, resource, namespace, name, at } = write;
      const what = `${verb} ${resource} ${namespace ?? ''}/${name}`;
      return replica === undefined ? [] : { at: at.getTime(), replica, what, isLease: resource === 'leases' };
    }),
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
