import { Controller } from '@nestjs/common';
import { ClusterConnection } from '@slipway/cluster';
import { type Envelope, type ListPods, listPods, PodList } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';

import { actorOf } from '../app/actor.js';
import { AppQueries } from '../app/app.queries.js';
import { askCluster } from '../cluster/ask-cluster.js';
import { podsOf } from '../reconciler/converge-app.js';
import { toPodView } from './pod.view.js';

@Controller()
export class ListPodsHandler {
  constructor(
    private readonly transactions: Transactions,
    private readonly queries: AppQueries,
    private readonly connection: ClusterConnection,
  ) {}

  @Handles(listPods)
  async handle(input: ListPods, envelope: Envelope): Promise<PodList> {
    const { app, environment } = await this.transactions.read((reader) =>
      this.queries.findPresent(reader, input.app, actorOf(envelope)),
    );
    const pods = await askCluster(podsOf(this.connection.cluster, app.id, environment.namespace));
    const present = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    return { pods: present.map(toPodView) };
  }
}
