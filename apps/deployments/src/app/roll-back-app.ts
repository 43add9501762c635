import { Controller } from '@nestjs/common';
import { type Envelope, RollBackApp, rollBackApp, RolledBackApp } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';

import { DeploymentsConfig } from '../deployments.config.js';
import { rolledBack } from './app.js';
import { AppQueries } from './app.queries.js';
import { toAppView } from './app.view.js';
import { ChangeApp } from './change-app.js';
import { CommitChange } from './commit-change.js';
import { orRefuse } from './or-refuse.js';

@Controller()
export class RollBackAppHandler {
  constructor(
    private readonly app: ChangeApp,
    private readonly queries: AppQueries,
    private readonly changes: CommitChange,
    private readonly config: DeploymentsConfig,
  ) {}

  @Handles(rollBackApp)
  handle(input: RollBackApp, envelope: Envelope): Promise<RolledBackApp> {
    return this.app.once(rollBackApp, input, envelope, async (tx, found, actor) => {
      const asked = input.revision ?? undefined;
      const wanted = asked === undefined ? { before: found.app.revision } : { number: asked };
      const target = await this.queries.revision(tx, found.app.id, wanted);
      const change = orRefuse(rolledBack(found.app, found.containers, asked, target?.containers, new Date()));
      const after = await this.changes.commit(tx, found, change, actor);
      const app = toAppView(after, { urlScheme: this.config.urlScheme });
      return { app, changed: change.changed, rolledBackTo: target?.revision.number ?? found.app.revision };
    });
  }
}
