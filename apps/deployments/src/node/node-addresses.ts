import { Injectable } from '@nestjs/common';
import { ClusterConnection, type V1Node } from '@slipway/cluster';
import type { NodeAddress } from '@slipway/contracts';

import type { FoundApp } from '../app/app.queries.js';
import { askClusterIfPossible } from '../cluster/ask-cluster.js';
import { DeploymentsConfig } from '../deployments.config.js';
import { selectorOf } from '../reconciler/converge-app.js';
import { addressOfIngresses, addressOfNodes, UNKNOWN_ADDRESS } from './node-address.js';

/** Nodes come and go seldom, a client asks every ten seconds, and the list of a large cluster is megabytes. */
const NODES_KEPT_MS = 60_000;

/** Knows where the hosts of an App have to lead. */
@Injectable()
export class NodeAddresses {
  private nodes: { readonly readAt: number; readonly list: Promise<V1Node[]> } | undefined;

  constructor(
    private readonly config: DeploymentsConfig,
    private readonly connection: ClusterConnection,
  ) {}

  /** Unknown while the cluster is away, unless INGRESS_ADDRESS says it. */
  async of(found: Pick<FoundApp, 'app' | 'environment'>): Promise<NodeAddress> {
    const { ingressAddress } = this.config;
    if (ingressAddress) return { address: ingressAddress, source: 'configuration' };
    return (await askClusterIfPossible(this.ask(found))) ?? UNKNOWN_ADDRESS;
  }

  private async ask({ app, environment }: Pick<FoundApp, 'app' | 'environment'>): Promise<NodeAddress> {
    const { cluster } = this.connection;
    const own = { namespace: environment.namespace, labelSelector: selectorOf(app.id) };
    return addressOfIngresses(await cluster.list('Ingress', own)) ?? addressOfNodes(await this.listNodes());
  }

  private listNodes(): Promise<V1Node[]> {
    if (!this.nodes || performance.now() - this.nodes.readAt > NODES_KEPT_MS) {
      const list = this.connection.cluster.list('Node');
      const read = { readAt: performance.now(), list };
      this.nodes = read;
      list.catch(() => {
        if (this.nodes === read) this.nodes = undefined;
      });
    }
    return this.nodes.list;
  }
}
