import { Controller } from '@nestjs/common';
import { AppCommand, type Envelope, AppView, startApp } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { DeploymentsConfig } from '../deployments.config.js';
import { writerOf } from './actor.js';
import { started, refusal } from './app.js';
import { AppQueries } from './app.queries.js';
import { AppSignals } from './app-signals.js';
import { toAppView } from './app.view.js';
import { CommitChange } from './commit-change.js';
import { orRefuse } from './or-refuse.js';

@Controller()
export class StartAppHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly queries: AppQueries,
    private readonly changes: CommitChange,
    private readonly config: DeploymentsConfig,
    private readonly signals: AppSignals,
  ) {}

  @Handles(startApp)
  async handle(input: AppCommand, envelope: Envelope): Promise<AppView> {
    const actor = writerOf(envelope);
    const answer = await this.inbox.once(startApp, envelope, async (tx) => {
      const found = await this.queries.lock(tx, input.app, actor);
      orRefuse(refusal(found.app, input.ifVersion));
      const after = await this.changes.commit(tx, found, started(found.app, new Date()), actor);
      return toAppView(after, { urlScheme: this.config.urlScheme });
    });
    this.signals.committed(answer.id);
    return answer;
  }
}
