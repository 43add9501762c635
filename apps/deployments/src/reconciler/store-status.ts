// Owns writing what a pass has seen: status, Revision and the fact in one transaction. What was seen of an older generation, or of an
// App that is being deleted by now, is not written: the commit that moved it has asked for another pass.
import { isDeepStrictEqual } from 'node:util';

import { Injectable } from '@nestjs/common';
import { appDeleted, type EnvironmentId, namespaceRemoved, Phase } from '@slipway/contracts';
import type { ClusterError } from '@slipway/cluster';
import { Transactions, type Tx } from '@slipway/persistence';
import { Batches } from '@slipway/runtime';

import { observed, type Observation } from '../app/app.js';
import { AppQueries, type FoundApp } from '../app/app.queries.js';
import { AppSignals } from '../app/app-signals.js';
import { toAppFacts } from '../app/app.view.js';
import { tellPhase } from '../app/commit-change.js';
import { DeploymentsConfig } from '../deployments.config.js';
import { type Trouble, withNextStep } from './next-step.js';

/** A status that tells nothing new is written this seldom: it only moves the time of observation. */
const QUIET_MS = 10_000;
/** Passes that find nothing new and end while a time is being written share the next statement. */
const LARGEST_LOOK = 256;

/** A pass that found nothing new. */
interface Look {
  readonly id: string;
  readonly generation: number;
  readonly at: Date;
}

@Injectable()
export class StoreStatus {
  private readonly looks = new Batches<Look, void>((looks) => this.storeLooks(looks), LARGEST_LOOK);

  constructor(
    private readonly transactions: Transactions,
    private readonly queries: AppQueries,
    private readonly config: DeploymentsConfig,
    private readonly signals: AppSignals,
  ) {}

  /** `followed`: the cluster has taken the whole record. `routed`: the Ingress is there. */
  async seen(pass: FoundApp, seen: Observation, given: { followed: boolean; routed: boolean }): Promise<void> {
    const now = new Date();
    if (!isNews(pass, seen, given, now)) return this.looked(pass, now);
    await this.transactions.run(async (tx) => {
      const before = await this.queries.lockAny(tx, pass.app.id);
      if (!before || before.app.status.phase === Phase.deleting || before.app.generation !== pass.app.generation)
        return;
      const routable = before.routable || (given.routed && seen.counts.ready > 0);
      const after = { ...before, app: observed(before.app, seen, given.followed, now), routable };
      if (seen.phase === Phase.running && before.revision.readyAt === null) {
        await tx.manager.query(`update revision set ready_at = $3 where app_id = $1 and number = $2`, [
          pass.app.id,
          pass.app.revision,
          now,
        ]);
      }
      await this.queries.save(tx, after);
      await tellPhase(tx, before, after, before.app.lastAct, this.config.urlScheme);
    });
    this.signals.observed(pass.app.id);
  }

  private async looked({ app: { id, generation, status } }: FoundApp, at: Date): Promise<void> {
    if (at.getTime() - (status.observedAt?.getTime() ?? 0) >= QUIET_MS) await this.looks.add({ id, generation, at });
  }

  // Locked in one order: two statements never wait for each other.
  private async storeLooks(looks: readonly Look[]): Promise<void[]> {
    await this.transactions.read(({ manager }) =>
      manager.query(
        `with looked as (
           select app.id, look.at from app join unnest($1::uuid[], $2::integer[], $3::timestamptz[]) as look (id, generation, at)
             on app.id = look.id and app.generation = look.generation and app.phase <> 'deleting'
             order by app.id for update of app
         )
         update app set observed_at = looked.at from looked where app.id = looked.id`,
        [looks.map(({ id }) => id), looks.map(({ generation }) => generation), looks.map(({ at }) => at)],
      ),
    );
    return looks.map(() => undefined);
  }

  /** The cluster answers, but not to this App's questions. Its phase stays what was seen last. */
  async failed(pass: FoundApp, error: ClusterError): Promise<void> {
    const { phase, counts, restarts } = pass.app.status;
    if (phase === Phase.deleting) return this.removing(pass, reasonOf(error));
    const seen = { phase, counts, restarts, ...reasonOf(error) };
    return this.seen(pass, seen, { followed: false, routed: false });
  }

  /** The App is on its way out, and waits for that. */
  async removing({ app }: FoundApp, trouble: Trouble | undefined): Promise<void> {
    const { reason, message } = withNextStep(trouble ?? { reason: '', message: '' });
    if (reason === app.status.reason && message === app.status.message) return;
    await this.transactions.run(async (tx) => {
      await tx.manager.query(`update app set reason = $2, message = $3, status_changed_at = now() where id = $1`, [
        app.id,
        reason,
        message,
      ]);
    });
  }

  /** The cluster is clean: the App is gone, and so is an Environment that was its own. */
  async gone(pass: FoundApp, removed: boolean): Promise<void> {
    const { app, environment } = pass;
    await this.transactions.run(async (tx) => {
      if (!(await this.queries.lockAny(tx, app.id))) return;
      await deleteRows(tx, app.id, environment.kind === 'dedicated' ? environment.id : null);
      await tx.outbox.add(appDeleted, { app: toAppFacts(pass) });
      if (environment.kind !== 'dedicated') return;
      const { id: environmentId, namespace } = environment;
      await tx.outbox.add(namespaceRemoved, { environmentId, namespace, removed, why: removed ? null : 'foreign' });
    });
    this.signals.observed(app.id);
  }
}

/** What is told of a write or a read that the cluster did not take. */
export function reasonOf(error: ClusterError): { reason: string; message: string } {
  const reason = error.kind === 'exceeded_quota' ? 'ExceededQuota' : error.reason || 'ClusterRefused';
  return withNextStep({ reason: reason.slice(0, 128), message: error.message });
}

function isNews(
  { app, routable, revision }: FoundApp,
  seen: Observation,
  given: { followed: boolean; routed: boolean },
  now: Date,
): boolean {
  const next = observed(app, seen, given.followed, now);
  const unseen = (one: typeof app): typeof app => ({ ...one, status: { ...one.status, observedAt: null } });
  return (
    !isDeepStrictEqual(unseen(next), unseen(app)) ||
    (!routable && given.routed && seen.counts.ready > 0) ||
    (seen.phase === Phase.running && revision.readyAt === null)
  );
}

async function deleteRows(tx: Tx, appId: string, environmentId: EnvironmentId | null): Promise<void> {
  for (const table of ['revision', 'domain', 'host', 'workload']) {
    await tx.manager.query(`delete from ${table} where app_id = $1`, [appId]);
  }
  await tx.manager.query(`delete from app where id = $1`, [appId]);
  if (environmentId) await tx.manager.query(`delete from environment where id = $1`, [environmentId]);
}
