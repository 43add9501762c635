import { Controller } from '@nestjs/common';
import { AppCommand, appDeleting, AppView, deleteApp, type Envelope } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { DeploymentsConfig } from '../deployments.config.js';
import { writerOf } from './actor.js';
import { deleted, refusal } from './app.js';
import { AppQueries } from './app.queries.js';
import { AppSignals } from './app-signals.js';
import { toAppFacts, toAppView, toEventActor } from './app.view.js';
import { orRefuse } from './or-refuse.js';

@Controller()
export class DeleteAppHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly queries: AppQueries,
    private readonly config: DeploymentsConfig,
    private readonly signals: AppSignals,
  ) {}

  @Handles(deleteApp)
  async handle(input: AppCommand, envelope: Envelope): Promise<AppView> {
    const actor = writerOf(envelope);
    const answer = await this.inbox.once(deleteApp, envelope, async (tx) => {
      const found = await this.queries.lock(tx, input.app, actor);
      orRefuse(refusal(found.app, input.ifVersion));
      // The row stays until the cluster is clean; the reconciler takes it from here.
      const after = { ...found, app: deleted(found.app, new Date()) };
      await this.queries.save(tx, after);
      await tx.outbox.add(appDeleting, { app: toAppFacts(after), actor: toEventActor(actor) });
      return toAppView(after, { urlScheme: this.config.urlScheme });
    });
    this.signals.committed(answer.id);
    return answer;
  }
}
