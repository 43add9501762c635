import { Controller } from '@nestjs/common';
import {
  getKubeconfig,
  listClusterContexts,
  type ClusterContexts,
  type Envelope,
  type KubeconfigSource,
  type Nothing,
} from '@slipway/contracts';
import { actorOf, Handles } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';

import { ClusterContextEntity } from './cluster-context.entity.js';
import { KubeconfigEntity } from './kubeconfig.entity.js';
import { Kubeconfigs } from './kubeconfigs.js';

@Controller()
export class ListClusterContextsHandler {
  constructor(private readonly transactions: Transactions) {}

  @Handles(listClusterContexts)
  handle(_: Nothing, envelope: Envelope): Promise<ClusterContexts> {
    const { userId } = actorOf(envelope);
    return this.transactions.read(async (tx) => {
      const saved = await tx.getRepository(KubeconfigEntity).findOneBy({ userId });
      const allowed = new Set(saved?.allowed);
      const rows = await tx.getRepository(ClusterContextEntity).find({ where: { userId }, order: { position: 'asc' } });
      return {
        contexts: rows.map(({ name, server, cluster, user }) => ({
          name,
          server,
          cluster,
          user,
          allowed: allowed.has(name),
        })),
      };
    });
  }
}

@Controller()
export class GetKubeconfigHandler {
  constructor(
    private readonly transactions: Transactions,
    private readonly kubeconfigs: Kubeconfigs,
  ) {}

  @Handles(getKubeconfig)
  async handle(_: Nothing, envelope: Envelope): Promise<KubeconfigSource> {
    const { userId } = actorOf(envelope);
    const { text, allowed } = await this.transactions.read((tx) => this.kubeconfigs.find(tx, userId));
    return { text: text ?? '', allowed: [...allowed] };
  }
}
