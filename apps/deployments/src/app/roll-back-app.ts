import { Controller } from '@nestjs/common';
import { type Envelope, RollBackApp, rollBackApp, RolledBackApp } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { DeploymentsConfig } from '../deployments.config.js';
import { writerOf } from './actor.js';
import { refusal, rolledBack } from './app.js';
import { AppQueries } from './app.queries.js';
import { AppSignals } from './app-signals.js';
import { toAppView } from './app.view.js';
import { CommitChange } from './commit-change.js';
import { orRefuse } from './or-refuse.js';

@Controller()
export class RollBackAppHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly queries: AppQueries,
    private readonly changes: CommitChange,
    private readonly config: DeploymentsConfig,
    private readonly signals: AppSignals,
  ) {}

  @Handles(rollBackApp)
  async handle(input: RollBackApp, envelope: Envelope): Promise<RolledBackApp> {
    const actor = writerOf(envelope);
    const answer = await this.inbox.once(rollBackApp, envelope, async (tx) => {
      const found = await this.queries.lock(tx, input.app, actor);
      orRefuse(refusal(found.app, input.ifVersion));
      const asked = input.revision ?? undefined;
      const wanted = asked === undefined ? { before: found.app.revision } : { number: asked };
      const target = await this.queries.revision(tx, found.app.id, wanted);
      const change = orRefuse(rolledBack(found.app, found.containers, asked, target?.containers, new Date()));
      const after = await this.changes.commit(tx, found, change, actor);
      const app = toAppView(after, { urlScheme: this.config.urlScheme });
      return { app, changed: change.changed, rolledBackTo: target?.revision.number ?? found.app.revision };
    });
    this.signals.committed(answer.app.id);
    return answer;
  }
}
