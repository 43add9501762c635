import { Controller } from '@nestjs/common';
import { AppCommand, type Envelope, AppView, stopApp } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { DeploymentsConfig } from '../deployments.config.js';
import { writerOf } from './actor.js';
import { stopped, refusal } from './app.js';
import { AppQueries } from './app.queries.js';
import { AppSignals } from './app-signals.js';
import { toAppView } from './app.view.js';
import { CommitChange } from './commit-change.js';
import { orRefuse } from './or-refuse.js';

@Controller()
export class StopAppHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly queries: AppQueries,
    private readonly changes: CommitChange,
    private readonly config: DeploymentsConfig,
    private readonly signals: AppSignals,
  ) {}

  @Handles(stopApp)
  async handle(input: AppCommand, envelope: Envelope): Promise<AppView> {
    const actor = writerOf(envelope);
    const answer = await this.inbox.once(stopApp, envelope, async (tx) => {
      const found = await this.queries.lock(tx, input.app, actor);
      orRefuse(refusal(found.app, input.ifVersion));
      const after = await this.changes.commit(tx, found, stopped(found.app, new Date()), actor);
      return toAppView(after, { urlScheme: this.config.urlScheme });
    });
    this.signals.committed(answer.id);
    return answer;
  }
}
