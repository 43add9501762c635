import { Controller } from '@nestjs/common';
import { DomainList, type Envelope, ListDomains, listDomains } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';

import { actorOf } from '../app/actor.js';
import { AppQueries } from '../app/app.queries.js';
import { Domains } from './domains.js';

@Controller()
export class ListDomainsHandler {
  constructor(
    private readonly transactions: Transactions,
    private readonly queries: AppQueries,
    private readonly domains: Domains,
  ) {}

  @Handles(listDomains)
  async handle(input: ListDomains, envelope: Envelope): Promise<DomainList> {
    const actor = actorOf(envelope);
    const address = await this.domains.addressFor(input.app, actor);
    return this.transactions.read(async (reader) => {
      const found = await this.queries.findPresent(reader, input.app, actor);
      const domains = await this.domains.list(reader, found.app.id);
      return { domains: domains.map((domain) => this.domains.toView(domain, found, address)) };
    });
  }
}
