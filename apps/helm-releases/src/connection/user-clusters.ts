import { createHash, randomUUID } from 'node:crypto';

import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { connectCluster, type CleanConnection, type Cluster } from '@slipway/cluster';
import { resolveClusterContext, type ClusterConnection, type Envelope } from '@slipway/contracts';
import { Bus } from '@slipway/messaging';
import { LRUCache } from 'lru-cache';

import { HelmReleasesConfig } from '../helm-releases.config.js';

/** Under the ten seconds after which old clients give up. */
export const DEADLINE_MS = 8_000;
const MAX_CLUSTERS = 100;
const UNUSED_MS = 60_000;

export interface UserCluster {
  readonly cluster: Cluster;
  /** Tells clusters, and the credentials that they are asked with, apart. */
  readonly key: string;
}

/** Connections to the clusters that users bring. Identity says each time whether a context may be used; its connections are kept a while. */
@Injectable()
export class UserClusters implements OnApplicationShutdown {
  private readonly clusters = new LRUCache<string, Cluster>({
    max: MAX_CLUSTERS,
    ttl: UNUSED_MS,
    updateAgeOnGet: true,
    ttlAutopurge: true,
    dispose: (cluster) => void cluster.close(),
  });

  constructor(
    private readonly bus: Bus,
    private readonly config: HelmReleasesConfig,
  ) {}

  /** @throws Refusal of identity, for a context that is unknown, not allowed or never used */
  async connect(context: string, { actor, dialect, correlationId }: Envelope): Promise<UserCluster> {
    const call = { actor, dialect, correlationId: correlationId ?? randomUUID() };
    const connection = toConnection(await this.bus.query(resolveClusterContext, { name: context }, call));
    const key = createHash('sha256').update(JSON.stringify(connection)).digest('hex');
    const known = this.clusters.get(key);
    if (known) return { cluster: known, key };
    const options = { timeoutMs: DEADLINE_MS, addresses: this.config.outboundAllow };
    const cluster = connectCluster(connection, options);
    this.clusters.set(key, cluster);
    return { cluster, key };
  }

  onApplicationShutdown(): void {
    this.clusters.clear();
  }
}

// Absent fields cross the bus as null.
function toConnection(connection: ClusterConnection): CleanConnection {
  return Object.fromEntries(
    Object.entries(connection).filter(([, value]) => value !== null),
  ) as unknown as CleanConnection;
}
