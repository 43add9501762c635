import { Controller } from '@nestjs/common';
import { type Envelope, ListRevisions, listRevisions, RevisionPage } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';

import { actorOf } from './actor.js';
import { AppQueries } from './app.queries.js';
import { toRevisionView } from './app.view.js';

@Controller()
export class ListRevisionsHandler {
  constructor(
    private readonly transactions: Transactions,
    private readonly queries: AppQueries,
  ) {}

  @Handles(listRevisions)
  handle(input: ListRevisions, envelope: Envelope): Promise<RevisionPage> {
    return this.transactions.read(async (reader) => {
      const { app } = await this.queries.findPresent(reader, input.app, actorOf(envelope));
      const { page, limit } = input;
      const { revisions, total } = await this.queries.revisions(reader, app.id, { offset: (page - 1) * limit, limit });
      const entries = revisions.map(({ revision, containers }) => ({
        revision: toRevisionView(revision),
        image: containers[0]?.image ?? '',
        current: revision.number === app.revision,
      }));
      return { revisions: entries, total };
    });
  }
}
