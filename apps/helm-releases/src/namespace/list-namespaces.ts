import { Controller } from '@nestjs/common';
import { listNamespaces, type Envelope, type ListNamespaces, type NamespaceNames } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';

import { atCluster } from '../connection/cluster-trouble.js';
import { DEADLINE_MS, UserClusters } from '../connection/user-clusters.js';

@Controller()
export class ListNamespacesHandler {
  constructor(private readonly clusters: UserClusters) {}

  @Handles(listNamespaces)
  async handle({ context }: ListNamespaces, envelope: Envelope): Promise<NamespaceNames> {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const { cluster } = await this.clusters.connect(context, envelope);
    const namespaces = await atCluster('list namespaces', () => cluster.listMetadata('Namespace', { signal }));
    return { names: namespaces.map(({ metadata }) => metadata.name) };
  }
}
