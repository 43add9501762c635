// Owns following all containers of one App: one watch on its pods, one upstream per container, from the first to the last of them.
import { setTimeout as sleep } from 'node:timers/promises';

import type { Change, Cluster, ClusterError, V1Pod, Watcher } from '@slipway/cluster';
import type { AppId, EnvironmentId } from '@slipway/contracts';

import { containersOf, podsOf } from '../line/app-pods.js';
import { type Beginning, ContainerFollow, type FollowPorts } from './container-follow.js';
import { runOf } from './container-run.js';
import type { Positions } from './positions.js';

/** How long all wait for a container whose log cannot be read, as on a node that is silent. */
const BEGIN_MS = 1_500;

export interface FollowedApp {
  readonly appId: AppId;
  readonly environmentId: EnvironmentId;
  readonly namespace: string;
}

export type AppFollowPorts = FollowPorts & { readonly cluster: Pick<Cluster, 'watch'> };

export class AppFollow {
  /**
   * Resolves when what any container writes from then on will be published, or a gap told for one whose log could not be read; never,
   * when it is stopped before.
   */
  readonly started: Promise<void>;
  hasStarted = false;

  private readonly containers = new Map<string, ContainerFollow>();
  private readonly watcher: Watcher<V1Pod>;
  private stopped = false;

  /** `positions` are those of the last owner, whose readers still wait; without them it begins with what comes next. */
  constructor(
    private readonly app: FollowedApp,
    private readonly positions: Positions | undefined,
    private readonly ports: AppFollowPorts,
  ) {
    const onError = (err: ClusterError): void => {
      if (err.kind === 'gone')
        ports.logger.info('a watch was too old for the cluster, and begins with a new list', { appId: app.appId, err });
    };
    this.watcher = ports.cluster.watch('Pod', { ...podsOf(app), onError }, (change) => this.take(change));
    this.started = this.start();
    // Whoever does not wait for it must not be brought down by a stop.
    this.started.catch(() => undefined);
  }

  /** How many containers are followed at present. */
  get upstreams(): number {
    return this.containers.size;
  }

  /** Undefined before the start: nobody can go on from there. */
  get currentPositions(): Positions | undefined {
    return this.hasStarted ? positionsOf([...this.containers]) : undefined;
  }

  /** Returns how far it has come. */
  async stop(): Promise<Positions | undefined> {
    this.stopped = true;
    const containers = [...this.containers];
    await Promise.all([this.watcher.close(), ...containers.map(([, container]) => container.stop())]);
    return this.hasStarted ? positionsOf(containers) : undefined;
  }

  private async start(): Promise<void> {
    await this.watcher.synced;
    const containers = [...this.containers.values()];
    const waited = new AbortController();
    await Promise.race([
      Promise.all(containers.map(({ started }) => started)),
      sleep(BEGIN_MS, undefined, { signal: waited.signal, ref: false }).catch(() => undefined),
    ]);
    waited.abort();
    if (this.stopped) return new Promise(() => undefined);
    for (const container of containers) container.beginLater();
    this.hasStarted = true;
  }

  private take({ type, object: pod }: Change<V1Pod>): void {
    for (const container of containersOf(pod)) {
      const key = `${pod.metadata.uid}/${container}`;
      const followed = this.containers.get(key);
      if (type === 'removed') followed?.podGone();
      else if (followed) followed.update(runOf(pod, container));
      else this.follow(key, pod, container);
    }
  }

  private follow(key: string, pod: V1Pod, container: string): void {
    const source = { namespace: this.app.namespace, pod: pod.metadata.name, container };
    const followed = new ContainerFollow(source, this.beginningOf(key), runOf(pod, container), this.ports);
    this.containers.set(key, followed);
    void followed.finished.then(() => this.containers.delete(key));
  }

  // The first list shows what has been running; whatever comes later joins with all its lines.
  private beginningOf(key: string): Beginning {
    if (this.positions) return this.positions[key] ?? 'start';
    return this.watcher.isSynced ? 'start' : 'now';
  }
}

const positionsOf = (containers: readonly (readonly [string, ContainerFollow])[]): Positions =>
  Object.fromEntries(containers.map(([key, { position }]) => [key, position]));
