import { Controller } from '@nestjs/common';
import { AppCommand, appRestarted, AppView, type Envelope, restartApp } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { DeploymentsConfig } from '../deployments.config.js';
import { writerOf } from './actor.js';
import { refusal, restarted } from './app.js';
import { AppQueries } from './app.queries.js';
import { AppSignals } from './app-signals.js';
import { toAppFacts, toAppView, toEventActor } from './app.view.js';
import { CommitChange } from './commit-change.js';
import { orRefuse } from './or-refuse.js';

@Controller()
export class RestartAppHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly queries: AppQueries,
    private readonly changes: CommitChange,
    private readonly config: DeploymentsConfig,
    private readonly signals: AppSignals,
  ) {}

  @Handles(restartApp)
  async handle(input: AppCommand, envelope: Envelope): Promise<AppView> {
    const actor = writerOf(envelope);
    const answer = await this.inbox.once(restartApp, envelope, async (tx) => {
      const found = await this.queries.lock(tx, input.app, actor);
      orRefuse(refusal(found.app, input.ifVersion));
      const change = orRefuse(restarted(found.app, new Date()));
      const after = await this.changes.commit(tx, found, change, actor);
      const { revision } = after.app;
      await tx.outbox.add(appRestarted, { app: toAppFacts(after), actor: toEventActor(actor), revision });
      return toAppView(after, { urlScheme: this.config.urlScheme });
    });
    this.signals.committed(answer.id);
    return answer;
  }
}
