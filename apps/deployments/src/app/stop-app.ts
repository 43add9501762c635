import { Controller } from '@nestjs/common';
import { AppCommand, type Envelope, AppView, stopApp } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';

import { DeploymentsConfig } from '../deployments.config.js';
import { stopped } from './app.js';
import { toAppView } from './app.view.js';
import { ChangeApp } from './change-app.js';
import { CommitChange } from './commit-change.js';

@Controller()
export class StopAppHandler {
  constructor(
    private readonly app: ChangeApp,
    private readonly changes: CommitChange,
    private readonly config: DeploymentsConfig,
  ) {}

  @Handles(stopApp)
  handle(input: AppCommand, envelope: Envelope): Promise<AppView> {
    return this.app.once(stopApp, input, envelope, async (tx, found, actor) => {
      const after = await this.changes.commit(tx, found, stopped(found.app, new Date()), actor);
      return toAppView(after, { urlScheme: this.config.urlScheme });
    });
  }
}
