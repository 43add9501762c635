import { Controller } from '@nestjs/common';
import { type Actor, UpdateApp, type Envelope, ChangedApp, type Problem, updateApp } from '@slipway/contracts';
import { Handles, Refusal } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';

import { DeploymentsConfig } from '../deployments.config.js';
import { ImageCheck } from '../image/image-check.js';
import { writerOf } from './actor.js';
import { updated } from './app.js';
import { AppQueries } from './app.queries.js';
import { toAppView } from './app.view.js';
import { ChangeApp } from './change-app.js';
import { CommitChange } from './commit-change.js';
import { orRefuse } from './or-refuse.js';

@Controller()
export class UpdateAppHandler {
  constructor(
    private readonly app: ChangeApp,
    private readonly transactions: Transactions,
    private readonly queries: AppQueries,
    private readonly changes: CommitChange,
    private readonly images: ImageCheck,
    private readonly config: DeploymentsConfig,
  ) {}

  @Handles(updateApp)
  async handle(input: UpdateApp, envelope: Envelope): Promise<ChangedApp> {
    const wrong = await this.judgeImages(input, writerOf(envelope));
    return this.app.once(updateApp, input, envelope, async (tx, found, actor) => {
      if (wrong) throw new Refusal(wrong);
      const change = orRefuse(updated(found.app, found.containers, input, new Date(), this.changes.limits));
      const after = await this.changes.commit(tx, found, change, actor);
      return { app: toAppView(after, { urlScheme: this.config.urlScheme }), changed: change.changed };
    });
  }

  /** Only what would come of it is asked for; what the change is refused for otherwise is told under the lock. */
  private async judgeImages(input: UpdateApp, actor: Actor): Promise<Problem | null> {
    const asked = input.registryAuth !== undefined || input.containers?.some(({ image }) => image !== undefined);
    if (!this.images.enabled || !asked) return null;
    const found = await this.transactions
      .read((reader) => this.queries.findPresent(reader, input.app, actor))
      .catch((error: unknown) => {
        if (error instanceof Refusal) return undefined;
        throw error;
      });
    const change = found && updated(found.app, found.containers, input, new Date(), this.changes.limits);
    if (!change || !('changed' in change) || !change.changed) return null;
    const containers = change.revision?.containers ?? found.containers;
    return this.images.judge(
      containers.map(({ image }) => image),
      change.app.registryAuth,
    );
  }
}
