import { Controller } from '@nestjs/common';
import { DomainView, type Envelope, GetDomain, getDomain } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';

import { actorOf } from '../app/actor.js';
import { AppQueries } from '../app/app.queries.js';
import { Domains } from './domains.js';

@Controller()
export class GetDomainHandler {
  constructor(
    private readonly transactions: Transactions,
    private readonly queries: AppQueries,
    private readonly domains: Domains,
  ) {}

  @Handles(getDomain)
  async handle(input: GetDomain, envelope: Envelope): Promise<DomainView> {
    const actor = actorOf(envelope);
    const address = await this.domains.addressFor(input.app, actor);
    return this.transactions.read(async (reader) => {
      const found = await this.queries.findPresent(reader, input.app, actor);
      return this.domains.toView(await this.domains.find(reader, found.app.id, input.domain), found, address);
    });
  }
}
