import { Controller } from '@nestjs/common';
import { AppView, type Envelope, GetApp, getApp } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { ClusterConnection, type V1Pod } from '@slipway/cluster';
import { Transactions } from '@slipway/persistence';

import { DeploymentsConfig } from '../deployments.config.js';
import { askClusterIfPossible } from '../cluster/ask-cluster.js';
import { podsOf } from '../reconciler/converge-app.js';
import { actorOf } from './actor.js';
import { AppQueries, type FoundApp } from './app.queries.js';
import { toAppView } from './app.view.js';

@Controller()
export class GetAppHandler {
  constructor(
    private readonly transactions: Transactions,
    private readonly queries: AppQueries,
    private readonly config: DeploymentsConfig,
    private readonly connection: ClusterConnection,
  ) {}

  @Handles(getApp)
  async handle(input: GetApp, envelope: Envelope): Promise<AppView> {
    const find = input.deleting ? 'find' : 'findPresent';
    const found = await this.transactions.read((reader) => this.queries[find](reader, input.app, actorOf(envelope)));
    return toAppView(found, {
      urlScheme: this.config.urlScheme,
      variables: input.include?.includes('variables'),
      pods: input.include?.includes('pods') ? await this.pods(found) : undefined,
    });
  }

  // A cluster that is away or silent takes the pods from the answer, never the answer: the stored status says since when.
  private pods({ app, environment }: FoundApp): Promise<V1Pod[] | undefined> {
    return askClusterIfPossible(podsOf(this.connection.cluster, app.id, environment.namespace));
  }
}
