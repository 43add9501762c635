import { type AccessQuestion, currentUser, mayI } from './access/self-reviews.js';
import { Transport, type Call, type TransportOptions } from './connection/transport.js';
import type { CleanConnection } from './kubeconfig/clean-connection.js';
import { electLeader, type LeaderElection, type LeaseOptions } from './lease/elect-leader.js';
import { followLog, type FollowLogOptions } from './logs/follow-log.js';
import type { LogLine } from './logs/log-line.js';
import { readLog, type ReadLogOptions } from './logs/read-log.js';
import { AnyObjects } from './objects/any-objects.js';
import { applyObject, type ApplyOptions } from './objects/apply-object.js';
import { deleteObject, type DeleteOptions } from './objects/delete-object.js';
import { getObject } from './objects/get-object.js';
import type { Kind, KindTypes } from './objects/kinds.js';
import type { KubeObject, ObjectRef } from './objects/kube-object.js';
import { listMetadata, listObjects, type ListOptions } from './objects/list-objects.js';
import { pruneObjects, type PruneOptions } from './objects/prune-objects.js';
import type { Change } from './watch/object-cache.js';
import type { RbacV1Subject } from './objects/typed-objects.js';
import { watchObjects, type Watcher, type WatchOptions } from './watch/watch-objects.js';

const PING_TIMEOUT_MS = 3_000;

export interface ClusterVersion {
  readonly gitVersion: string;
  readonly major: string;
  readonly minor: string;
}

/** One cluster over one pool of connections. Every method throws ClusterError, and nothing else; each call ends by its time-out. */
export interface Cluster {
  /** See applyObject. */
  apply<T extends KubeObject>(object: T, options?: ApplyOptions): Promise<T>;
  /** See getObject: undefined when the object is not there. */
  get<K extends Kind>(
    ref: ObjectRef & { readonly kind: K },
    options?: Pick<Call, 'timeoutMs' | 'signal'>,
  ): Promise<KindTypes[K] | undefined>;
  /** See listObjects: all pages. */
  list<K extends Kind>(kind: K, options?: ListOptions): Promise<KindTypes[K][]>;
  /** See listMetadata: all pages. */
  listMetadata(kind: Kind, options?: ListOptions): Promise<Pick<KubeObject, 'metadata'>[]>;
  /** Objects of whatever kind the cluster knows. */
  readonly any: AnyObjects;
  /** See deleteObject: false when it was not there. */
  delete(ref: ObjectRef, options?: DeleteOptions): Promise<boolean>;
  /** See pruneObjects: what was deleted. */
  prune(options: PruneOptions): Promise<ObjectRef[]>;
  /** See watchObjects. */
  watch<K extends Kind>(
    kind: K,
    options: WatchOptions,
    onChange: (change: Change<KindTypes[K]>) => void,
  ): Watcher<KindTypes[K]>;
  /** See followLog. */
  followLog(options: FollowLogOptions, onLine: (line: LogLine) => void | Promise<void>): Promise<void>;
  /** See readLog. */
  readLog(options: ReadLogOptions): Promise<LogLine[]>;
  /** See electLeader. */
  lease(options: LeaseOptions): LeaderElection;
  /** See currentUser: who we are to the cluster. */
  currentUser(): Promise<RbacV1Subject>;
  /** See mayI: whether it would let us. */
  mayI(question: AccessQuestion): Promise<boolean>;
  version(): Promise<ClusterVersion>;
  /**
   * Whether the cluster answers, within 3 s, and accepts the credentials: throws ClusterError when it does not. What it has answered to another
   * call in the last `freshMs` (default 0) counts.
   */
  ping(freshMs?: number): Promise<void>;
  /** Ends watches, follows and elections that are still open, then the connections. */
  close(): Promise<void>;
}

/**
 * Opens nothing yet: the first call connects. `connection` comes from rebuildKubeconfig, trustedConnection or
 * inClusterConnection. Throws ClusterError `unreachable` when its certificates cannot be read.
 */
export function connectCluster(connection: CleanConnection, options: TransportOptions = {}): Cluster {
  const transport = new Transport(connection, options);
  const open = new Set<{ close(): Promise<void> }>();
  const following = new AbortController();
  const keep = <T extends { close(): Promise<void> }>(resource: T): T => {
    const close = resource.close.bind(resource);
    resource.close = async () => {
      open.delete(resource);
      await close();
    };
    open.add(resource);
    return resource;
  };
  return {
    apply: (object, applyOptions) => applyObject(transport, object, applyOptions),
    get: (ref, getOptions) => getObject(transport, ref, getOptions),
    list: async (kind, listOptions) => (await listObjects(transport, kind, listOptions)).items,
    listMetadata: async (kind, listOptions) => (await listMetadata(transport, kind, listOptions)).items,
    any: new AnyObjects(transport),
    delete: (ref, deleteOptions) => deleteObject(transport, ref, deleteOptions),
    prune: (pruneOptions) => pruneObjects(transport, pruneOptions),
    watch: (kind, watchOptions, onChange) => keep(watchObjects(transport, kind, watchOptions, onChange)),
    followLog: (followOptions, onLine) =>
      followLog(
        transport,
        { ...followOptions, signal: AbortSignal.any([followOptions.signal, following.signal]) },
        onLine,
      ),
    readLog: (readOptions) => readLog(transport, readOptions),
    lease: (leaseOptions) => keep(electLeader(transport, leaseOptions)),
    currentUser: () => currentUser(transport),
    mayI: (question) => mayI(transport, question),
    version: () => transport.call('GET', '/version'),
    ping: async (freshMs = 0) => {
      if (transport.answeredWithin(freshMs)) return;
      // Not /version, which a cluster also shows to strangers.
      await transport.callText('GET', '/api', { timeoutMs: PING_TIMEOUT_MS });
    },
    close: async () => {
      following.abort();
      await Promise.all([...open].map((resource) => resource.close()));
      await transport.close();
    },
  };
}
