import { Controller } from '@nestjs/common';
import { AppPage, type Envelope, ListApps, listApps } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';

import { DeploymentsConfig } from '../deployments.config.js';
import { actorOf } from './actor.js';
import { AppQueries } from './app.queries.js';
import { toAppView } from './app.view.js';

@Controller()
export class ListAppsHandler {
  constructor(
    private readonly transactions: Transactions,
    private readonly queries: AppQueries,
    private readonly config: DeploymentsConfig,
  ) {}

  @Handles(listApps)
  async handle(input: ListApps, envelope: Envelope): Promise<AppPage> {
    const { phases, readyOnce, page, limit } = input;
    const { apps, total } = await this.transactions.read((reader) =>
      this.queries.page(reader, actorOf(envelope), {
        phases: phases ?? [],
        readyOnce: readyOnce ?? undefined,
        offset: (page - 1) * limit,
        limit,
      }),
    );
    return { apps: apps.map((found) => toAppView(found, { urlScheme: this.config.urlScheme })), total };
  }
}
