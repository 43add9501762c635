import { setTimeout as sleep } from 'node:timers/promises';

import { Injectable } from '@nestjs/common';
import { type Actor, type AppId, type Envelope, problem } from '@slipway/contracts';
import { Refusal } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';

import { TombstoneEntity } from '../projection/tombstone.entity.js';
import { AppAudienceEntity } from './app-audience.entity.js';
import { seesApp } from './sees-app.js';

/** The event of a new App follows its commit within milliseconds; a broker that catches up takes longer. */
const WAIT_MS = 1_000;
const LOOK_AGAIN_MS = 50;

/** @throws Refusal `unauthenticated` without an actor */
export function actorOf({ actor }: Envelope): Actor {
  if (actor) return actor;
  throw new Refusal(
    problem.unauthenticated(
      'credential',
      'Logs and activity are shown to whoever may see them: this needs a credential.',
    ),
  );
}

@Injectable()
export class AppAudiences {
  constructor(private readonly transactions: Transactions) {}

  /**
   * The App, if the actor sees it. The caller found it at its owner, so a row that is not there is on its way: it is waited for.
   * @throws Refusal `not_found` for an App that is gone or somebody else's, in the same words; `unavailable` for one that no event
   * has told of within a second; `unauthenticated` without an actor
   */
  async findVisible(appId: AppId, envelope: Envelope): Promise<AppAudienceEntity> {
    const actor = actorOf(envelope);
    const until = performance.now() + WAIT_MS;
    for (;;) {
      const found = await this.look(appId);
      if (found === 'gone') throw new Refusal(absent(appId));
      if (found) {
        if (seesApp(actor, found)) return found;
        throw new Refusal(absent(appId));
      }
      if (performance.now() >= until) throw new Refusal(onItsWay(appId));
      await sleep(LOOK_AGAIN_MS);
    }
  }

  private look(appId: AppId): Promise<AppAudienceEntity | 'gone' | null> {
    return this.transactions.read(async (reader) => {
      const row = await reader.getRepository(AppAudienceEntity).findOneBy({ appId });
      if (row) return row;
      return (await reader.getRepository(TombstoneEntity).existsBy({ id: appId })) ? 'gone' : null;
    });
  }
}

const absent = (appId: AppId) => problem.notFound('app', `There is no app ${appId} that you can see.`);

const onItsWay = (appId: AppId) =>
  problem.unavailable('app', `Nothing is known of app ${appId} here yet. Try again in a moment.`, {
    retryAfterMs: 1_000,
  });
