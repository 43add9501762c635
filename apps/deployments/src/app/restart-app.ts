import { Controller } from '@nestjs/common';
import { AppCommand, appRestarted, AppView, type Envelope, restartApp } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';

import { DeploymentsConfig } from '../deployments.config.js';
import { restarted } from './app.js';
import { toAppFacts, toAppView, toEventActor } from './app.view.js';
import { ChangeApp } from './change-app.js';
import { CommitChange } from './commit-change.js';
import { orRefuse } from './or-refuse.js';

@Controller()
export class RestartAppHandler {
  constructor(
    private readonly app: ChangeApp,
    private readonly changes: CommitChange,
    private readonly config: DeploymentsConfig,
  ) {}

  @Handles(restartApp)
  handle(input: AppCommand, envelope: Envelope): Promise<AppView> {
    return this.app.once(restartApp, input, envelope, async (tx, found, actor) => {
      const change = orRefuse(restarted(found.app, new Date()));
      const after = await this.changes.commit(tx, found, change, actor);
      const { revision } = after.app;
      await tx.outbox.add(appRestarted, { app: toAppFacts(after), actor: toEventActor(actor), revision });
      return toAppView(after, { urlScheme: this.config.urlScheme });
    });
  }
}
