import { Injectable } from '@nestjs/common';
import { ReleaseStorage, type Envelope } from '@slipway/contracts';

import { UserClusters } from '../connection/user-clusters.js';
import { ClusterStore } from './cluster-store.js';
import { MemoryStore } from './memory-store.js';
import { RecordCache } from './record-cache.js';
import type { ReleaseStore } from './release-store.js';

const KINDS = { [ReleaseStorage.secret]: 'Secret', [ReleaseStorage.configmap]: 'ConfigMap' } as const;

/** Finds the store that a question means. */
@Injectable()
export class Stores {
  constructor(
    private readonly clusters: UserClusters,
    private readonly memory: MemoryStore,
    private readonly cache: RecordCache,
  ) {}

  /** @throws Refusal as UserClusters does; for `memory` the context is not looked at */
  async open(context: string, storage: ReleaseStorage, envelope: Envelope): Promise<ReleaseStore> {
    if (storage === ReleaseStorage.memory) return this.memory;
    const { cluster, key } = await this.clusters.connect(context, envelope);
    return new ClusterStore(cluster, key, KINDS[storage], this.cache);
  }
}
