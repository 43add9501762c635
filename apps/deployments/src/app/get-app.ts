import { Controller } from '@nestjs/common';
import { AppView, type Envelope, GetApp, getApp, problem } from '@slipway/contracts';
import { Handles, Refusal } from '@slipway/messaging';
import { ClusterConnection, type Cluster, ClusterError, type V1Pod } from '@slipway/cluster';
import { Transactions } from '@slipway/persistence';
import { within } from '@slipway/runtime';

import { DeploymentsConfig } from '../deployments.config.js';
import { podsOf } from '../reconciler/converge-app.js';
import { actorOf } from './actor.js';
import { AppQueries, type FoundApp } from './app.queries.js';
import { toAppView } from './app.view.js';

/** Well below the caller's patience. */
const PODS_WAIT_MS = 2_000;

@Controller()
export class GetAppHandler {
  private readonly cluster: Cluster;

  constructor(
    private readonly transactions: Transactions,
    private readonly queries: AppQueries,
    private readonly config: DeploymentsConfig,
    connection: ClusterConnection,
  ) {
    this.cluster = connection.cluster;
  }

  @Handles(getApp)
  async handle(input: GetApp, envelope: Envelope): Promise<AppView> {
    const found = await this.transactions.read((reader) => this.queries.find(reader, input.app, actorOf(envelope)));
    if (found.app.status.phase === 'deleting' && !input.deleting) {
      throw new Refusal(problem.notFound('app', `There is no app ${found.app.id}`));
    }
    return toAppView(found, {
      urlScheme: this.config.urlScheme,
      variables: input.include?.includes('variables'),
      pods: input.include?.includes('pods') ? await this.pods(found) : undefined,
    });
  }

  // A cluster that is away or silent takes the pods from the answer, never the answer: the stored status says since when.
  private async pods({ app, environment }: FoundApp): Promise<V1Pod[] | undefined> {
    try {
      return await within(
        PODS_WAIT_MS,
        podsOf(this.cluster, app.id, environment.namespace),
        (): Silence => new Silence(),
      );
    } catch (error) {
      if (error instanceof ClusterError || error instanceof Silence) return undefined;
      throw error;
    }
  }
}

class Silence extends Error {}
