import { Controller } from '@nestjs/common';
import { ChangedApp, type Envelope, SetVariables, setVariables } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';

import { DeploymentsConfig } from '../deployments.config.js';
import { variablesSet } from './app.js';
import { toAppView } from './app.view.js';
import { ChangeApp } from './change-app.js';
import { CommitChange } from './commit-change.js';
import { orRefuse } from './or-refuse.js';

@Controller()
export class SetVariablesHandler {
  constructor(
    private readonly app: ChangeApp,
    private readonly changes: CommitChange,
    private readonly config: DeploymentsConfig,
  ) {}

  @Handles(setVariables)
  handle(input: SetVariables, envelope: Envelope): Promise<ChangedApp> {
    return this.app.once(setVariables, input, envelope, async (tx, found, actor) => {
      const change = orRefuse(variablesSet(found.app, found.containers, input, new Date(), this.changes.limits));
      const after = await this.changes.commit(tx, found, change, actor);
      const app = toAppView(after, { urlScheme: this.config.urlScheme, variables: true });
      return { app, changed: change.changed };
    });
  }
}
