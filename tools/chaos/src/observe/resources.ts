// What the processes hold, by /proc, and what database and broker hold for them: to be looked at before the load and when all is quiet again.
import { readdirSync, readFileSync } from 'node:fs';

import { jetstreamManager } from '@nats-io/jetstream';
import { connectBroker, desiredStreams, PROVISION_USER } from '@slipway/messaging';
import { createLogger } from '@slipway/runtime';

import type { Rig } from '../rig/rig.js';
import type { Resources } from './world.js';

export async function observeResources(rig: Rig): Promise<Resources> {
  const [sessions] = await rig.database.sql<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity where application_name <> 'chaos' and datname = current_database()`,
  );
  return {
    databaseSessions: sessions?.count ?? 0,
    consumers: await consumers(rig),
    replicas: Object.fromEntries(
      rig.replicas.map(({ name, pid }) => [name, { openFiles: openFilesOf(pid), residentMiB: residentMiBOf(pid) }]),
    ),
    clusterConnections: rig.links
      .filter(({ name }) => name.endsWith('to the cluster'))
      .reduce((sum, { openConnections }) => sum + openConnections, 0),
  };
}

async function consumers(rig: Rig): Promise<number> {
  const logger = createLogger({ level: 'fatal' });
  const broker = await connectBroker({ service: PROVISION_USER, natsUrl: rig.brokerUrl(PROVISION_USER), logger });
  try {
    const manager = await jetstreamManager(broker.connection, { checkAPI: false });
    const infos = await Promise.all(desiredStreams.map(({ name }) => manager.streams.info(name)));
    return infos.reduce((sum, { state }) => sum + state.consumer_count, 0);
  } finally {
    await broker.close();
  }
}

// Zero for one that has ended meanwhile.
function openFilesOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

function residentMiBOf(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
