import { Controller } from '@nestjs/common';
import { AppCount, CountApps, countApps, type Envelope } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';

import { actorOf } from './actor.js';
import { AppQueries } from './app.queries.js';

@Controller()
export class CountAppsHandler {
  constructor(
    private readonly transactions: Transactions,
    private readonly queries: AppQueries,
  ) {}

  @Handles(countApps)
  async handle({ ownerId }: CountApps, envelope: Envelope): Promise<AppCount> {
    return {
      count: await this.transactions.read((reader) => this.queries.count(reader, actorOf(envelope), ownerId)),
    };
  }
}
