// Owns following one kind for as long as it is wanted: list, watch from there, and again after whatever ends the watch. It
// promises that the cache becomes equal to the cluster, not that every state in between is seen.
import { setTimeout as sleep } from 'node:timers/promises';

import { isDropped } from '@slipway/runtime';

import { Backoff } from '../connection/backoff.js';
import { ClusterError, errorFromStatus, type StatusBody } from '../connection/cluster-error.js';
import { splitLines } from '../connection/split-lines.js';
import type { Transport } from '../connection/transport.js';
import { collectionPath, type Kind, type KindTypes } from '../objects/kinds.js';
import { withoutManagedFields } from '../objects/kube-object.js';
import { type Listed, listObjects } from '../objects/list-objects.js';
import { ObjectCache, type Change } from './object-cache.js';

const RESYNC_MS = 10 * 60_000;
// An API server sends a bookmark about once a minute, so longer silence means a connection that is dead at the other end.
const SILENCE_MS = 120_000;
const SHORT_WATCH_MS = 1_000;
// What is followed is shown as it was until then.
const LONGEST_PAUSE_MS = 5_000;
const FIRST_PAUSE_MS = 250;
const MAX_EVENT_LENGTH = 8 * 1024 * 1024;

export interface WatchOptions {
  /** Default: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** How often everything is listed again, cut by chance by up to a fifth. Default 600,000. */
  readonly resyncMs?: number;
  /**
   * Told each time that the cluster cannot be followed, and when it has forgotten where the watch was (`gone`), so that everything is listed
   * again; the watch itself goes on trying, after 0.25 to 5 s.
   */
  readonly onError?: (error: ClusterError) => void;
}

export interface Watcher<T> {
  /** Resolves once the cache has been filled for the first time. Rejects only when the watch is closed before. */
  readonly synced: Promise<void>;
  readonly isSynced: boolean;
  /** When the cluster last answered or sent something; undefined before the first time. */
  readonly lastContactAt: Date | undefined;
  /** Why the cluster cannot be followed at present; undefined while it can. */
  readonly lastError: ClusterError | undefined;
  get(name: string, namespace?: string): T | undefined;
  list(namespace?: string): T[];
  close(): Promise<void>;
}

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: StatusBody & { readonly metadata?: { readonly resourceVersion?: string } };
}

/**
 * Starts at once. `onChange` is called after the cache took the change, also for every object of the first list; it must not
 * throw, as the listener of an emitter must not.
 */
export function watchObjects<K extends Kind>(
  transport: Transport,
  kind: K,
  options: WatchOptions,
  onChange: (change: Change<KindTypes[K]>) => void,
): Watcher<KindTypes[K]> {
  const watch = new ObjectWatch<K>(transport, kind, options, onChange);
  watch.start();
  return watch;
}

class ObjectWatch<K extends Kind> implements Watcher<KindTypes[K]> {
  readonly synced: Promise<void>;
  isSynced = false;
  lastContactAt: Date | undefined;
  lastError: ClusterError | undefined;

  private readonly cache = new ObjectCache<KindTypes[K]>();
  private readonly stop = new AbortController();
  private readonly backoff = new Backoff(FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
  private settle: { resolve: () => void; reject: (reason: Error) => void } | undefined;
  private running: Promise<void> = Promise.resolve();
  private resourceVersion = '';
  private stale: Listed<KindTypes[K]> | undefined;
  private resyncAt = 0;

  constructor(
    private readonly transport: Transport,
    private readonly kind: K,
    private readonly options: WatchOptions,
    private readonly onChange: (change: Change<KindTypes[K]>) => void,
  ) {
    this.synced = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    // Whoever does not wait for it must not be brought down by a close.
    this.synced.catch(() => undefined);
  }

  start(): void {
    this.running = this.run();
  }

  get(name: string, namespace?: string): KindTypes[K] | undefined {
    return this.cache.get(name, namespace);
  }

  list(namespace?: string): KindTypes[K][] {
    return this.cache.list(namespace);
  }

  async close(): Promise<void> {
    this.stop.abort();
    await this.running;
    this.settle?.reject(new Error(`the watch on ${this.kind} was closed before its first list`));
  }

  private async run(): Promise<void> {
    while (!this.stop.signal.aborted) {
      try {
        if (this.resourceVersion === '' || performance.now() >= this.resyncAt) {
          await this.relist();
        }
        await this.follow();
      } catch (error) {
        await this.recover(error);
      }
    }
  }

  private async relist(): Promise<void> {
    const listed = await listObjects(this.transport, this.kind, { ...this.options, signal: this.stop.signal });
    // Dropped: what a server that lags behind the others would answer, a list from earlier.
    const { items, resourceVersion } = isDropped('cluster.stale-list') ? (this.stale ??= listed) : listed;
    this.contact();
    this.tell(this.cache.replace(items));
    this.resourceVersion = resourceVersion;
    this.resyncAt = performance.now() + (this.options.resyncMs ?? RESYNC_MS) * (0.8 + Math.random() * 0.2);
    this.isSynced = true;
    this.settle?.resolve();
  }

  private async follow(): Promise<void> {
    const startedAt = performance.now();
    const chunks = this.transport.stream(collectionPath(this.kind, this.options.namespace), {
      query: {
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion: this.resourceVersion,
        labelSelector: this.options.labelSelector,
        fieldSelector: this.options.fieldSelector,
        timeoutSeconds: Math.max(1, Math.ceil((this.resyncAt - startedAt) / 1000)),
      },
      signal: this.stop.signal,
      silenceMs: SILENCE_MS,
      onOpen: () => this.contact(),
    });
    for await (const line of splitLines(this.heard(chunks), MAX_EVENT_LENGTH)) {
      if (line !== '') {
        if (!isDropped('cluster.drop-event')) this.take(this.parse(line));
        this.backoff.reset();
      }
    }
    if (performance.now() - startedAt < SHORT_WATCH_MS) {
      // A proxy that ends every watch at once would otherwise be asked again without a pause.
      await this.pause();
    } else {
      this.backoff.reset();
    }
  }

  private async *heard(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of chunks) {
      this.contact();
      yield chunk;
    }
  }

  private parse(line: string): WatchEvent {
    try {
      return JSON.parse(line) as WatchEvent;
    } catch (error) {
      // Half a line before a connection broke, or no JSON at all: what was missed is found by listing again.
      this.resourceVersion = '';
      const facts = { kind: 'unavailable', status: 200, reason: 'BadEvent', retriable: true } as const;
      throw new ClusterError(`the watch on ${this.kind} sent something unreadable`, facts, { cause: error });
    }
  }

  private take(event: WatchEvent): void {
    if (event.type === 'ERROR') {
      throw errorFromStatus(event.object);
    }
    const object = withoutManagedFields(event.object) as unknown as KindTypes[K];
    if (event.type === 'DELETED') {
      this.tell(this.cache.remove(object));
    } else if (event.type !== 'BOOKMARK') {
      this.tell(this.cache.put(object));
    }
    this.resourceVersion = event.object.metadata?.resourceVersion ?? this.resourceVersion;
  }

  private async recover(error: unknown): Promise<void> {
    if (this.stop.signal.aborted) {
      return;
    }
    if (!(error instanceof ClusterError)) {
      throw error;
    }
    if (error.kind === 'gone') {
      // The cluster is there and only forgot where we were.
      this.contact();
      this.resourceVersion = '';
    } else {
      this.lastError = error;
    }
    this.options.onError?.(error);
    await this.pause();
  }

  private tell(changes: readonly Change<KindTypes[K]>[]): void {
    for (const change of changes) {
      this.onChange(change);
    }
  }

  private contact(): void {
    this.lastContactAt = new Date();
    this.lastError = undefined;
  }

  private async pause(): Promise<void> {
    await sleep(this.backoff.nextMs(), undefined, { signal: this.stop.signal, ref: false }).catch(() => undefined);
  }
}
