import { Controller } from '@nestjs/common';
import { isRefused, rebuildKubeconfig } from '@slipway/cluster/kubeconfig';
import {
  problem,
  resolveClusterContext,
  type ClusterConnection,
  type Envelope,
  type ResolveClusterContext,
} from '@slipway/contracts';
import { actorOf, Handles, Refusal } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';

import { IdentityConfig } from '../identity.config.js';

import { Kubeconfigs } from './kubeconfigs.js';

@Controller()
export class ResolveClusterContextHandler {
  constructor(
    private readonly transactions: Transactions,
    private readonly kubeconfigs: Kubeconfigs,
    private readonly config: IdentityConfig,
  ) {}

  /** Rebuilt from the stored text each time: a rule that has become stricter holds for what was saved before. */
  @Handles(resolveClusterContext)
  async handle({ name }: ResolveClusterContext, envelope: Envelope): Promise<ClusterConnection> {
    const { userId } = actorOf(envelope);
    const { text, allowed } = await this.transactions.read((tx) => this.kubeconfigs.find(tx, userId));
    if (text === null) throw refused('no kubeconfig is saved: save one first');
    const { kubeconfigAllowHttp: allowPlainHttp, kubeconfigAllowInsecure: allowSkipTlsVerify } = this.config;
    const connection = rebuildKubeconfig(text, name, { allowPlainHttp, allowSkipTlsVerify });
    if (isRefused(connection) && connection.code === 'no_such_context') throw refused(connection.refused);
    if (!allowed.includes(name)) throw refused(`the context "${name}" is not allowed: name it in allowedContexts`);
    if (isRefused(connection)) throw refused(connection.refused);
    return connection;
  }
}

function refused(why: string): Refusal {
  return new Refusal(problem.invalid('cluster_context', why, { code: 'cluster_context' }));
}
