import { Controller } from '@nestjs/common';
import { AppCommand, appDeleting, AppView, deleteApp, type Envelope } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';

import { DeploymentsConfig } from '../deployments.config.js';
import { deleted } from './app.js';
import { AppQueries } from './app.queries.js';
import { toAppFacts, toAppView, toEventActor } from './app.view.js';
import { ChangeApp } from './change-app.js';

@Controller()
export class DeleteAppHandler {
  constructor(
    private readonly app: ChangeApp,
    private readonly queries: AppQueries,
    private readonly config: DeploymentsConfig,
  ) {}

  @Handles(deleteApp)
  handle(input: AppCommand, envelope: Envelope): Promise<AppView> {
    return this.app.once(deleteApp, input, envelope, async (tx, found, actor) => {
      // The row stays until the cluster is clean; the reconciler takes it from here.
      const after = { ...found, app: deleted(found.app, new Date()) };
      await this.queries.save(tx, after);
      await tx.outbox.add(appDeleting, { app: toAppFacts(after), actor: toEventActor(actor) });
      return toAppView(after, { urlScheme: this.config.urlScheme });
    });
  }
}
