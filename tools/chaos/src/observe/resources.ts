// What the processes hold, by /proc, and what database and broker hold for them: to be looked at before the load and when all is quiet again.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { jetstreamManager } from '@nats-io/jetstream';
import { connectBroker, desiredStreams, PROVISION_USER } from '@slipway/messaging';
import { createLogger } from '@slipway/runtime';

import type { Link } from '../rig/link.js';
import type { Rig } from '../rig/rig.js';
import type { Supervisor } from '../rig/supervisor.js';
import type { Resources } from './world.js';

/** Longer than a connection is kept for the next one who may need it. */
const AT_REST_MS = 35_000;
const LOOK_AGAIN_MS = 2_000;

/** When nobody has asked for anything for so long that nothing is kept any more but what is kept for good. */
export async function resourcesAtRest(rig: Rig): Promise<Resources> {
  await delay(AT_REST_MS);
  return observeResources(rig);
}

/** As soon as it is enough, and at last after the same time. */
export async function resourcesSettled(rig: Rig, isEnough: (resources: Resources) => boolean): Promise<Resources> {
  const deadline = performance.now() + AT_REST_MS;
  for (;;) {
    const resources = await observeResources(rig);
    if (isEnough(resources) || performance.now() > deadline) return resources;
    await delay(LOOK_AGAIN_MS);
  }
}

export async function observeResources(rig: Rig): Promise<Resources> {
  const sessions = await rig.database.sql<{ role: string; count: number }>(`
    select usename as role, count(*)::int as count from pg_stat_activity
     where application_name <> 'chaos' and datname = current_database() group by usename`);
  return {
    databaseSessions: Object.fromEntries(sessions.map(({ role, count }) => [role, count])),
    consumers: await consumers(rig),
    replicas: Object.fromEntries(
      await Promise.all(rig.replicas.map(async (one) => [one.name, await heldBy(rig, one)] as const)),
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

async function heldBy(rig: Rig, replica: Supervisor): Promise<Resources['replicas'][string]> {
  const { clients = 0, ...others } = openFilesOf(replica.pid, rig.links);
  // The driver keeps its connections as it likes.
  const ofDriver = rig.links.find(({ name }) => name.startsWith(`the driver to ${replica.name}`))?.openConnections ?? 0;
  const openFiles = { ...others, clients: Math.max(0, clients - ofDriver) };
  const heldBytes = await replica.heldBytes();
  if (heldBytes === undefined) throw new Error(`${replica.name} does not say what it keeps`);
  return { openFiles, heldMiB: heldBytes / 1024 / 1024, residentMiB: residentMiBOf(replica.pid) };
}

/** By what they are: `database`, `clients` and the like for connections, otherwise as the kernel calls them. None of one that has ended. */
export function openFilesOf(pid: number, links: readonly Link[]): Record<string, number> {
  try {
    const connections = connectionsOf(pid, links);
    const count: Record<string, number> = {};
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      const kind = kindOf(`/proc/${pid}/fd/${fd}`, connections);
      if (kind !== undefined) count[kind] = (count[kind] ?? 0) + 1;
    }
    return count;
  } catch {
    return {};
  }
}

// The folder that is being read is open too, and closed at once.
function kindOf(fd: string, connections: ReadonlyMap<string, string>): string | undefined {
  try {
    const target = readlinkSync(fd);
    return target.startsWith('socket:') ? (connections.get(target) ?? 'sockets') : target.replace(/:\[\d+\]$/, '');
  } catch {
    return undefined;
  }
}

const LISTENING = '0A';

/** What sockets are for, by how a descriptor names them. */
function connectionsOf(pid: number, links: readonly Link[]): Map<string, string> {
  const ends = new Map(links.map(({ port, name }) => [port, name.slice(name.lastIndexOf(' ') + 1)]));
  const lines = ['tcp', 'tcp6'].flatMap((file) =>
    readFileSync(`/proc/${pid}/net/${file}`, 'utf8').split('\n').slice(1),
  );
  return new Map(
    lines.flatMap((line) => {
      const [, , remote = '', state, , , , , , inode] = line.trim().split(/\s+/);
      const port = Number.parseInt(remote.slice(remote.indexOf(':') + 1), 16);
      const kind = state === LISTENING ? 'listening' : (ends.get(port) ?? 'clients');
      return inode === undefined ? [] : [[`socket:[${inode}]`, kind] as const];
    }),
  );
}

function residentMiBOf(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
