// Owns that the cluster follows the records. Woken by commits, by what moves in the cluster and by a clock; a wake-up names an App and
// carries nothing else, so a lost one costs time and never truth. One replica at a time, by a Lease; a lost lease ends it at once.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Phase } from '@slipway/contracts';
import {
  type Change,
  type Cluster,
  ClusterConnection,
  ClusterError,
  type KubeObject,
  type LeaderElection,
  type Watcher,
} from '@slipway/cluster';
import { Transactions } from '@slipway/persistence';
import { Counter, Histogram, inSpan, Metrics, ServiceLogger, failpoint } from '@slipway/runtime';

import { wantedReplicas } from '../app/app.js';
import { APP_BEHIND } from '../app/app.entity.js';
import { AppQueries, type FoundApp } from '../app/app.queries.js';
import { AppSignals } from '../app/app-signals.js';
import { DeploymentsConfig } from '../deployments.config.js';
import { releaseHosts, type RoutedHosts, routedHosts } from '../domain/routed-hosts.js';
import { chooseIngressClass } from './choose-ingress-class.js';
import { convergeApp, type Converged, LeaseLostError, removeApp, selectorOf } from './converge-app.js';
import { type Access, type AppRecord, MANAGED_BY, type Rendering } from './desired-objects.js';
import { KnownObjects } from './known-objects.js';
import { observedStatus, type ObservedStatus } from './observed-status.js';
import { PassQueue } from './pass-queue.js';
import { reasonOf, StoreStatus } from './store-status.js';
import { WatchContact } from './watch-contact.js';

const LEASE = 'slipway-deployments';
const CONCURRENCY = 8;
const CLOCK_MS = 1_000;
const CLOCK_BATCH = 1_000;
/** While an App or a host of it is on its way out, in case that no watch tells of it. */
const REMOVING_MS = 2_000;
const INGRESS_CLASS_MS = 60_000;

// No Secrets: that would need the right to read all of the cluster's. Each pass reads its own, and what happens to them meanwhile
// shows at the next resync.
const WATCHED = [
  'Namespace',
  'Deployment',
  'ReplicaSet',
  'Pod',
  'Service',
  'Ingress',
  'NetworkPolicy',
  'ResourceQuota',
] as const;

@Injectable()
export class ReconcileApps implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly cluster: Cluster;
  private readonly queue: PassQueue;
  private known = new KnownObjects();
  private readonly stopping = new AbortController();
  private election: LeaderElection | undefined;
  private watchers: Watcher<unknown>[] = [];
  private clock: NodeJS.Timeout | undefined;
  private turn: Promise<void> = Promise.resolve();
  private stopListening: () => void = () => undefined;
  private readonly passes: Counter<'outcome'>;
  private readonly durations: Histogram;
  private boundAccess: Access | undefined;
  private ingressClasses: { readonly chosen: string | null; readonly readAt: number } | undefined;

  constructor(
    connection: ClusterConnection,
    private readonly contact: WatchContact,
    private readonly transactions: Transactions,
    private readonly queries: AppQueries,
    private readonly status: StoreStatus,
    private readonly signals: AppSignals,
    private readonly config: DeploymentsConfig,
    private readonly logger: ServiceLogger,
    metrics: Metrics,
  ) {
    this.cluster = connection.cluster;
    this.queue = new PassQueue({
      concurrency: CONCURRENCY,
      run: (id) => this.measured(id),
      onError: (id, error, retryMs) => this.report(id, error, retryMs),
    });
    this.passes = new Counter({
      name: 'slipway_reconcile_passes_total',
      help: 'Passes over an app, by outcome.',
      labelNames: ['outcome'],
      registers: [metrics],
    });
    this.durations = new Histogram({
      name: 'slipway_reconcile_pass_seconds',
      help: 'How long a pass over an app took.',
      buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10],
      registers: [metrics],
    });
  }

  onApplicationBootstrap(): void {
    this.stopListening = this.signals.onCommit((id) => {
      if (this.isLeader()) this.queue.wake(id);
    });
    this.contact.onBack(() => void this.followAnew());
    void this.stand();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    this.stopListening();
    await this.resign();
    await this.election?.close();
  }

  private isLeader(): boolean {
    return this.election?.isLeader() ?? false;
  }

  /** Stands for election, once the namespace of the lease is there. */
  private async stand(): Promise<void> {
    await this.ensureNamespace();
    if (this.stopping.signal.aborted) return;
    this.election = this.cluster.lease({
      namespace: this.config.kubernetesNamespace,
      name: LEASE,
      identity: `${hostname()}-${randomUUID()}`,
      onAcquired: () => this.lead(),
      onLost: () => void this.resign(),
      // Right for a replica; an installation with a database of its own would rest, and its Apps wait for ever.
      onHeld: (holder) =>
        this.logger.warn(
          'another instance reconciles, this one rests; if it has another database, set another KUBERNETES_NAMESPACE here',
          { holder, lease: `${this.config.kubernetesNamespace}/${LEASE}` },
        ),
      // A cluster that was made anew lacks our namespace again.
      onError: (error) => {
        if (error.kind === 'not_found') void this.ensureNamespace();
      },
    });
  }

  private async ensureNamespace(): Promise<void> {
    const name = this.config.kubernetesNamespace;
    while (!this.stopping.signal.aborted) {
      try {
        if (await this.cluster.get({ kind: 'Namespace', name })) return;
        await this.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
        return;
      } catch (error) {
        if (!(error instanceof ClusterError)) throw error;
        await delay(1_000, undefined, { signal: this.stopping.signal, ref: false }).catch(() => undefined);
      }
    }
  }

  private lead(): void {
    this.logger.info('this replica reconciles');
    void this.followAnew();
    this.clock = setInterval(() => void this.wakeBehind(), CLOCK_MS);
    this.clock.unref();
  }

  // Also when the cluster is back: what the watches told is from before, and they may pause for seconds before they look again.
  private followAnew(): Promise<void> {
    return this.inTurn(async () => {
      await this.unfollow();
      if (this.isLeader()) this.follow();
    });
  }

  private inTurn(step: () => Promise<void>): Promise<void> {
    return (this.turn = this.turn.then(step));
  }

  private follow(): void {
    const onError = (err: ClusterError): void => {
      if (err.kind === 'gone')
        this.logger.info('a watch was too old for the cluster, and begins with a new list', { err });
      else if (err.kind !== 'unreachable') this.logger.warn('the cluster cannot be followed', { err });
    };
    const options = { labelSelector: `${MANAGED_BY}=slipway`, onError };
    // What earlier watches told may be gone by now.
    const known = new KnownObjects();
    const kinds = this.config.environmentRole ? ([...WATCHED, 'RoleBinding'] as const) : WATCHED;
    const watchers = kinds.map((kind) => this.cluster.watch(kind, options, (change) => this.moved(known, change)));
    this.known = known;
    this.watchers = watchers;
    void this.startPasses(watchers);
  }

  // What is not known yet would look as if it were not there.
  private async startPasses(watchers: Watcher<unknown>[]): Promise<void> {
    const synced = await Promise.allSettled(watchers.map((watcher) => watcher.synced));
    if (this.watchers !== watchers || watchers.length === 0 || synced.some(({ status }) => status === 'rejected'))
      return;
    await this.wakeAll();
    this.queue.resume();
  }

  private resign(): Promise<void> {
    clearInterval(this.clock);
    return this.inTurn(() => this.unfollow());
  }

  private async unfollow(): Promise<void> {
    const watchers = this.watchers.splice(0);
    await Promise.all([this.queue.stop(), ...watchers.map((watcher) => watcher.close())]);
  }

  private moved(known: KnownObjects, change: Change<KubeObject>): void {
    for (const instance of known.take(change)) this.queue.wake(instance);
  }

  private wakeAll(): Promise<void> {
    return this.eachRow('true', (id) => this.queue.wake(id));
  }

  // What other replicas commit, and whatever a wake-up was lost for.
  private wakeBehind(): Promise<void> {
    return this.eachRow(`${APP_BEHIND} limit ${CLOCK_BATCH}`, (id) => this.queue.remind(id));
  }

  private async eachRow(condition: string, act: (id: string) => void): Promise<void> {
    try {
      const rows = await this.transactions.read(({ manager }) =>
        manager.query<{ id: string }[]>(`select id from app where ${condition}`),
      );
      if (this.isLeader()) for (const { id } of rows) act(id);
    } catch (err) {
      this.logger.debug('the rows of apps cannot be read', { err });
    }
  }

  private async measured(id: string): Promise<number | undefined> {
    const end = this.durations.startTimer();
    try {
      const nextMs = await this.pass(id);
      this.passes.inc({ outcome: 'done' });
      return nextMs;
    } catch (error) {
      this.passes.inc({ outcome: 'failed' });
      throw error;
    } finally {
      end();
    }
  }

  /** Resolves to the milliseconds after which the App is due again; to nothing when it is gone. */
  private async pass(id: string): Promise<number | undefined> {
    const read = await this.transactions.read(async (reader) => {
      const found = await this.queries.findAny(reader, id);
      return found && { found, hosts: await routedHosts(reader, found.app.id) };
    });
    if (!read) return undefined;
    await failpoint('reconcile.after-read');
    const { found, hosts } = read;
    const links = [found.revision.traceparent ?? undefined];
    const attributes = { 'slipway.app.id': id, 'slipway.app.generation': found.app.generation };
    return inSpan('reconcile app', { parent: null, links, attributes }, () =>
      found.app.status.phase === Phase.deleting ? this.remove(found, hosts) : this.converge(found, hosts),
    );
  }

  private async converge(found: FoundApp, hosts: RoutedHosts): Promise<number> {
    const record = recordOf(found, hosts);
    const converged = await this.telling(found, async () =>
      convergeApp(this.cluster, record, await this.rendering(record), this.known, () => this.isLeader()),
    );
    const { failure, conflict, routed } = converged;
    if (failure?.kind === 'unreachable') throw failure;
    const stillLed = await this.release(found, hosts);
    const seen = statusOf(found, converged);
    await failpoint('reconcile.before-status');
    await this.status.seen(found, seen, { followed: conflict !== undefined || failure === undefined, routed });
    if (failure) throw failure;
    return Math.min(seen.lookAgainMs ?? Number.POSITIVE_INFINITY, stillLed ? REMOVING_MS : this.resyncMs());
  }

  private async remove(found: FoundApp, hosts: RoutedHosts): Promise<number | undefined> {
    const record = recordOf(found, hosts);
    const { outcome, trouble } = await this.telling(found, async () =>
      removeApp(this.cluster, record, await this.rendering(record), () => this.isLeader()),
    );
    if (outcome !== 'removing') {
      await failpoint('delete.after-cluster-before-row');
      await this.status.gone(found, outcome === 'removed');
      return undefined;
    }
    await this.status.removing(found, trouble);
    await this.release(found, hosts);
    return REMOVING_MS;
  }

  // The cluster itself is asked, since the watches may not have told of an Ingress yet. True when it still leads there.
  private async release({ app, environment }: FoundApp, { left }: RoutedHosts): Promise<boolean> {
    if (left.length === 0) return false;
    const selector = { namespace: environment.namespace, labelSelector: selectorOf(app.id) };
    const ingresses = await this.cluster.list('Ingress', selector);
    const led = new Set(ingresses.flatMap(({ spec }) => (spec?.rules ?? []).map(({ host }) => host)));
    const free = left.filter((host) => !led.has(host));
    if (free.length > 0) await this.transactions.run((tx) => releaseHosts(tx, app.id, free));
    return free.length < left.length;
  }

  // A cluster that is away is told of all Apps at once, elsewhere.
  private async telling<T>(found: FoundApp, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ClusterError && error.kind !== 'unreachable') await this.status.failed(found, error);
      throw error;
    }
  }

  // Spread, so that Apps that were woken together do not stay together.
  private resyncMs(): number {
    return this.config.resyncSeconds * 1_000 * (0.8 + Math.random() * 0.4);
  }

  private async rendering(record: AppRecord): Promise<Rendering> {
    const { podSecurity, maxReplicas, environmentMaxPods, ingressNamespace, certIssuer } = this.config;
    return {
      podSecurity,
      maxReplicas,
      environmentMaxPods,
      ingressNamespace: ingressNamespace ?? null,
      certIssuer: certIssuer ?? null,
      ingressClass: record.host || record.domains.length > 0 ? await this.ingressClass() : null,
      access: await this.access(),
    };
  }

  private async access(): Promise<Access | null> {
    const { environmentRole: role } = this.config;
    if (!role) return null;
    return (this.boundAccess ??= { role, subject: await this.cluster.currentUser() });
  }

  private async ingressClass(): Promise<string | null> {
    if (this.config.ingressClass) return this.config.ingressClass;
    const now = performance.now();
    if (!this.ingressClasses || now - this.ingressClasses.readAt > INGRESS_CLASS_MS) {
      this.ingressClasses = { chosen: chooseIngressClass(await this.cluster.list('IngressClass')), readAt: now };
    }
    return this.ingressClasses.chosen;
  }

  private report(appId: string, error: unknown, retryMs: number): void {
    if (error instanceof LeaseLostError || this.stopping.signal.aborted) return;
    const fields = { appId, retryMs: Math.round(retryMs), err: error };
    if (error instanceof ClusterError && error.kind === 'unreachable')
      this.logger.debug('an app waits for the cluster', fields);
    else if (error instanceof ClusterError) this.logger.info('an app could not be brought to the cluster', fields);
    else this.logger.warn('a pass over an app failed', fields);
  }
}

function recordOf({ app, host, environment, containers }: FoundApp, { proven: domains }: RoutedHosts): AppRecord {
  const { id, name, revision, registryAuth, restartedAt } = app;
  const replicas = wantedReplicas(app);
  return { id, name, environment, revision, containers, replicas, host, domains, registryAuth, restartedAt };
}

function statusOf({ app, revision }: FoundApp, { seen, conflict, failure }: Converged): ObservedStatus {
  const wanted = {
    replicas: wantedReplicas(app),
    revision: app.revision,
    restartedAt: app.restartedAt,
    revisionReady: revision.readyAt !== null,
    servedSinceStart: app.servedSinceStart,
    changedAt: app.changedAt,
    told: { phase: app.status.phase, since: app.status.lastTransition },
  };
  const status = observedStatus(seen, wanted, new Date());
  // Where nothing is wanted and nothing is there, nothing has failed: the reason stands beside it.
  const failed = status.phase === Phase.stopped ? Phase.stopped : Phase.failed;
  if (conflict) return { ...status, phase: failed, ...conflict };
  if (!failure || status.phase === Phase.failed) return status;
  const phase = failure.kind === 'exceeded_quota' ? failed : status.phase;
  return { ...status, phase, ...reasonOf(failure) };
}
