import { Controller } from '@nestjs/common';
import { ScaleApp, type Envelope, ScaledApp, scaleApp } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';

import { DeploymentsConfig } from '../deployments.config.js';
import { scaledTo, wantedReplicas } from './app.js';
import { toAppView } from './app.view.js';
import { ChangeApp } from './change-app.js';
import { CommitChange } from './commit-change.js';
import { orRefuse } from './or-refuse.js';

@Controller()
export class ScaleAppHandler {
  constructor(
    private readonly app: ChangeApp,
    private readonly changes: CommitChange,
    private readonly config: DeploymentsConfig,
  ) {}

  @Handles(scaleApp)
  handle(input: ScaleApp, envelope: Envelope): Promise<ScaledApp> {
    return this.app.once(scaleApp, input, envelope, async (tx, found, actor) => {
      const change = orRefuse(scaledTo(found.app, input, new Date(), this.changes.limits));
      const after = await this.changes.commit(tx, found, change, actor);
      const same = wantedReplicas(found.app);
      const { old, new: now } = change.scaled ?? { old: same, new: same };
      return { app: toAppView(after, { urlScheme: this.config.urlScheme }), old, new: now };
    });
  }
}
