import { Controller } from '@nestjs/common';
import { type Envelope, GetRevision, getRevision, problem, RevisionContent } from '@slipway/contracts';
import { Handles, Refusal } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';

import { actorOf } from './actor.js';
import { AppQueries } from './app.queries.js';
import { toContainerViews, toRevisionView } from './app.view.js';

@Controller()
export class GetRevisionHandler {
  constructor(
    private readonly transactions: Transactions,
    private readonly queries: AppQueries,
  ) {}

  @Handles(getRevision)
  handle(input: GetRevision, envelope: Envelope): Promise<RevisionContent> {
    return this.transactions.read(async (reader) => {
      const { app } = await this.queries.findPresent(reader, input.app, actorOf(envelope));
      const found = await this.queries.revision(reader, app.id, { number: input.number });
      if (!found)
        throw new Refusal(problem.notFound('revision', `The app "${app.name}" keeps no revision ${input.number}`));
      return {
        revision: toRevisionView(found.revision),
        current: input.number === app.revision,
        containers: toContainerViews(found.containers, true),
      };
    });
  }
}
