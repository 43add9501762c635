import { Controller } from '@nestjs/common';
import { ScaleApp, type Envelope, ScaledApp, scaleApp } from '@slipway/contracts';
import { Handles } from '@slipway/messaging';
import { Inbox } from '@slipway/persistence';

import { DeploymentsConfig } from '../deployments.config.js';
import { writerOf } from './actor.js';
import { scaledTo, wantedReplicas, refusal } from './app.js';
import { AppQueries } from './app.queries.js';
import { AppSignals } from './app-signals.js';
import { toAppView } from './app.view.js';
import { CommitChange } from './commit-change.js';
import { orRefuse } from './or-refuse.js';

@Controller()
export class ScaleAppHandler {
  constructor(
    private readonly inbox: Inbox,
    private readonly queries: AppQueries,
    private readonly changes: CommitChange,
    private readonly config: DeploymentsConfig,
    private readonly signals: AppSignals,
  ) {}

  @Handles(scaleApp)
  async handle(input: ScaleApp, envelope: Envelope): Promise<ScaledApp> {
    const actor = writerOf(envelope);
    const answer = await this.inbox.once(scaleApp, envelope, async (tx) => {
      const found = await this.queries.lock(tx, input.app, actor);
      orRefuse(refusal(found.app, input.ifVersion));
      const change = orRefuse(scaledTo(found.app, input, new Date(), this.changes.limits));
      const after = await this.changes.commit(tx, found, change, actor);
      const same = wantedReplicas(found.app);
      const { old, new: now } = change.scaled ?? { old: same, new: same };
      return { app: toAppView(after, { urlScheme: this.config.urlScheme }), old, new: now };
    });
    this.signals.committed(answer.app.id);
    return answer;
  }
}
