import { Controller } from '@nestjs/common';
import { AppCount, CountApps, countApps, type Envelope } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';

import { actorOf } from './actor.js';
import { AppEntity } from './app.entity.js';
import { visibleTo } from './app.queries.js';

@Controller()
export class CountAppsHandler {
  constructor(private readonly transactions: Transactions) {}

  @Handles(countApps)
  async handle({ ownerId }: CountApps, envelope: Envelope): Promise<AppCount> {
    const count = await this.transactions.read((reader) => {
      const apps = reader
        .getRepository(AppEntity)
        .createQueryBuilder('app')
        .where(visibleTo(actorOf(envelope)));
      if (ownerId) apps.andWhere('app.ownerId = :ownerId', { ownerId });
      return apps.andWhere(`app.phase <> 'deleting'`).getCount();
    });
    return { count };
  }
}
