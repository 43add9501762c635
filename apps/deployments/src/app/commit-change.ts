// Owns what a command on an App leaves behind: the row, a Revision, a host, and the facts. Called inside the command's transaction.
import { Injectable } from '@nestjs/common';
import { type Actor, appPhaseChanged, appScaled, appUpdated } from '@slipway/contracts';
import type { Tx } from '@slipway/persistence';

import { DeploymentsConfig, reservedHostsOf } from '../deployments.config.js';
import type { Act, AppChange, Limits } from './app.js';
import { AppQueries, type FoundApp } from './app.queries.js';
import { toAppFacts, toContainersChanged, toEventActor, urlOf } from './app.view.js';
import { isPublished } from './container.js';
import { hostCandidates } from './host.js';
import { reserveHost } from './reserve-host.js';

@Injectable()
export class CommitChange {
  readonly limits: Limits;

  constructor(
    private readonly queries: AppQueries,
    private readonly config: DeploymentsConfig,
  ) {
    this.limits = { maxReplicas: config.maxReplicas, maxAppsPerUser: config.maxDeploymentsPerUser };
  }

  /** Stores the change and returns the App as it is now. A change that changes nothing leaves no trace. */
  async commit(tx: Tx, before: FoundApp, change: AppChange, actor: Actor): Promise<FoundApp> {
    if (!change.changed) return before;
    const { app } = change;
    const containers = change.revision?.containers ?? before.containers;
    const revision = change.revision
      ? await this.queries.addRevision(tx, app, containers, {
          cause: change.revision.cause,
          createdBy: actor.userId,
          createdAt: app.changedAt,
        })
      : before.revision;
    const host = before.host ?? (isPublished(containers) ? await this.reserve(tx, app) : null);
    const after: FoundApp = { ...before, app, host, revision, containers };
    await this.queries.save(tx, after);

    const facts = { app: toAppFacts(after), actor: toEventActor(actor) };
    if (change.changes.length > 0) {
      await tx.outbox.add(appUpdated, {
        ...facts,
        changes: [...change.changes],
        revision: change.revision ? app.revision : null,
        cause: change.revision?.cause ?? null,
        containers: change.revision ? toContainersChanged(before.containers, containers) : null,
      });
    }
    if (change.scaled) await tx.outbox.add(appScaled, { ...facts, ...change.scaled });
    await tellPhase(tx, before, after, app.lastAct, this.config.urlScheme);
    return after;
  }

  reserve(tx: Tx, app: Parameters<typeof reserveHost>[1]): Promise<string | null> {
    return reserveHost(tx, app, hostCandidates(app, this.config.domainSuffix, reservedHostsOf(this.config)));
  }
}

/** Publishes the step from one phase to another; nothing when there is none. */
export async function tellPhase(
  tx: Tx,
  before: FoundApp,
  after: FoundApp,
  act: Act | null,
  urlScheme: string,
): Promise<void> {
  const { phase: from } = before.app.status;
  const { phase: to, reason, message, readyOnce } = after.app.status;
  if (from === to) return;
  const url = urlOf(after, urlScheme);
  const app = toAppFacts(after);
  await tx.outbox.add(appPhaseChanged, { app, from, to, reason, message, url, after: act, readyOnce });
}
