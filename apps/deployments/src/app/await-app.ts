import { Controller } from '@nestjs/common';
import { type Actor, AwaitApp, awaitApp, AwaitedApp, type Envelope, ProblemKind } from '@slipway/contracts';
import { ClusterConnection } from '@slipway/cluster';
import { Handles, Refusal } from '@slipway/messaging';
import { Transactions } from '@slipway/persistence';

import { askClusterIfPossible } from '../cluster/ask-cluster.js';
import { DeploymentsConfig } from '../deployments.config.js';
import { actorOf } from './actor.js';
import type { App } from './app.js';
import { AppQueries, type FoundApp } from './app.queries.js';
import { AppSignals } from './app-signals.js';
import { toAppView } from './app.view.js';

/** Commits of this process wake at once; those of other replicas are found by looking. */
const LOOK_EVERY_MS = 500;
/** A rollout commits a status every few milliseconds; nobody needs to read the row that often. */
const LOOK_AT_MOST_EVERY_MS = 50;

/** Waits for what the cluster shows. It holds no transaction and no place among the commands. */
@Controller()
export class AwaitAppHandler {
  constructor(
    private readonly transactions: Transactions,
    private readonly queries: AppQueries,
    private readonly config: DeploymentsConfig,
    private readonly signals: AppSignals,
    private readonly connection: ClusterConnection,
  ) {}

  @Handles(awaitApp)
  async handle(input: AwaitApp, envelope: Envelope): Promise<AwaitedApp> {
    const actor = actorOf(envelope);
    const deadline = performance.now() + input.timeoutMs;
    const watch = this.signals.watch(input.id);
    try {
      for (;;) {
        const found = await this.find(input, actor);
        const outcome = found ? outcomeOf(found.app, input) : 'reached';
        const leftMs = deadline - performance.now();
        if (outcome || leftMs <= 0) {
          if (!found) return { app: null, reached: true, ...(await this.namespaceLeft(input)) };
          return { app: toAppView(found, { urlScheme: this.config.urlScheme }), reached: outcome === 'reached' };
        }
        await watch.next(Math.min(leftMs, LOOK_EVERY_MS));
        await new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, LOOK_AT_MOST_EVERY_MS)));
      }
    } finally {
      watch.close();
    }
  }

  // No row is left that could tell whether the namespace was deleted, or was somebody else's and stayed.
  private async namespaceLeft({ until, namespace }: AwaitApp): Promise<Pick<AwaitedApp, 'namespaceGone'>> {
    if (until !== 'gone' || namespace === undefined) return {};
    const looked = this.connection.cluster.get({ kind: 'Namespace', name: namespace });
    const namespaceGone = await askClusterIfPossible(looked.then((object) => object === undefined));
    return namespaceGone === undefined ? {} : { namespaceGone };
  }

  // What is deleted reaches no other state: who waits for one is told at once that there is no such App.
  private async find({ id, until }: AwaitApp, actor: Actor): Promise<FoundApp | undefined> {
    if (until !== 'gone') return this.transactions.read((reader) => this.queries.findPresent(reader, { id }, actor));
    try {
      return await this.transactions.read((reader) => this.queries.find(reader, { id }, actor));
    } catch (error) {
      if (error instanceof Refusal && error.problem.kind === ProblemKind.notFound) return undefined;
      throw error;
    }
  }
}

const SETTLED: ReadonlySet<string> = new Set(['running', 'stopped', 'failed']);

/** Undefined: still on its way. A later generation counts: what was asked for has been overtaken, and its state is the true one. */
export function outcomeOf(
  { observedGeneration, status: { phase } }: Pick<App, 'observedGeneration' | 'status'>,
  { generation, until }: Pick<AwaitApp, 'generation' | 'until'>,
): 'reached' | 'missed' | undefined {
  if (until === 'gone' || observedGeneration < generation) return undefined;
  if (until === 'settled' ? SETTLED.has(phase) : phase === until) return 'reached';
  return phase === 'failed' ? 'missed' : undefined;
}
