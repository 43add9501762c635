import { Controller } from '@nestjs/common';
import { ChangedApp, type Envelope, SetVariables, setVariables } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { DeploymentsConfig } from '../deployments.config.js';
import { writerOf } from './actor.js';
import { refusal, variablesSet } from './app.js';
import { AppQueries } from './app.queries.js';
import { AppSignals } from './app-signals.js';
import { toAppView } from './app.view.js';
import { CommitChange } from './commit-change.js';
import { orRefuse } from './or-refuse.js';

@Controller()
export class SetVariablesHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly queries: AppQueries,
    private readonly changes: CommitChange,
    private readonly config: DeploymentsConfig,
    private readonly signals: AppSignals,
  ) {}

  @Handles(setVariables)
  async handle(input: SetVariables, envelope: Envelope): Promise<ChangedApp> {
    const actor = writerOf(envelope);
    const answer = await this.inbox.once(setVariables, envelope, async (tx) => {
      const found = await this.queries.lock(tx, input.app, actor);
      orRefuse(refusal(found.app, input.ifVersion));
      const change = orRefuse(variablesSet(found.app, found.containers, input, new Date(), this.changes.limits));
      const after = await this.changes.commit(tx, found, change, actor);
      const app = toAppView(after, { urlScheme: this.config.urlScheme, variables: true });
      return { app, changed: change.changed };
    });
    this.signals.committed(answer.app.id);
    return answer;
  }
}
