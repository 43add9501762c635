import type { ObjectsByResource, ResourceName } from './kinds.js';
import type { KubeObject } from './objects.js';

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: ResourceName;
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
  readonly revision: number;
}

/**
 * Holds the objects and the last changes, and nothing of Kubernetes' rules. Stored objects are never modified, only replaced, so
 * readers may keep them. Revisions start at the clock's microseconds: after a restart they lie above every revision given out
 * before, and a client that resumes with one of those learns that it is too old.
 */
export class Store {
  private revision = Date.now() * 1000;
  private oldest = this.revision;
  /** By resource, namespace (empty for what has none) and name. */
  private readonly objects = new Map<ResourceName, Map<string, Map<string, KubeObject>>>();
  private readonly byUid = new Map<string, { resource: ResourceName; object: KubeObject }>();
  private readonly owned = new Map<string, Map<string, { resource: ResourceName; object: KubeObject }>>();
  private history: Change[] = [];
  private readonly listeners = new Set<(change: Change) => void>();
  private readonly resetListeners = new Set<() => void>();

  /** historySize: how many changes a watch can resume over; older ones answer 410. */
  constructor(private readonly historySize: number) {}

  currentRevision(): number {
    return this.revision;
  }

  get<R extends ResourceName>(
    resource: R,
    namespace: string | undefined,
    name: string,
  ): ObjectsByResource[R] | undefined {
    return this.objects
      .get(resource)
      ?.get(namespace ?? '')
      ?.get(name) as ObjectsByResource[R] | undefined;
  }

  findByUid(uid: string): { resource: ResourceName; object: KubeObject } | undefined {
    return this.byUid.get(uid);
  }

  /** Sorted by namespace and name, as pages need it. */
  list<R extends ResourceName>(resource: R, namespace?: string): ObjectsByResource[R][] {
    const all = this.objects.get(resource) ?? new Map<string, Map<string, KubeObject>>();
    const chosen = namespace === undefined ? sortedByKey(all) : [all.get(namespace) ?? new Map<string, KubeObject>()];
    return chosen.flatMap((table) => sortedByKey(table)) as ObjectsByResource[R][];
  }

  /** The same as it was at a revision, undefined when the changes since are no longer known. */
  listAt<R extends ResourceName>(
    resource: R,
    namespace: string | undefined,
    revision: number,
  ): ObjectsByResource[R][] | undefined {
    const changes = this.changesSince(resource, revision);
    if (!changes) return undefined;
    const objects = new Map(this.list(resource, namespace).map((object) => [keyOf(object), object]));
    for (const { type, object, previous } of changes.toReversed()) {
      if (namespace !== undefined && object.metadata.namespace !== namespace) continue;
      if (type === 'ADDED') objects.delete(keyOf(object));
      else if (previous) objects.set(keyOf(object), previous as ObjectsByResource[R]);
    }
    return sortedByKey(objects);
  }

  /** The objects of one resource that name this owner. */
  ownedBy<R extends ResourceName>(ownerUid: string, resource: R): ObjectsByResource[R][] {
    return this.dependents(ownerUid)
      .filter((entry) => entry.resource === resource)
      .map((entry) => entry.object as ObjectsByResource[R]);
  }

  dependents(ownerUid: string): { resource: ResourceName; object: KubeObject }[] {
    return [...(this.owned.get(ownerUid)?.values() ?? [])];
  }

  /** Stores a new state under a new resourceVersion, which is set on a copy. */
  put(resource: ResourceName, object: KubeObject): KubeObject {
    const stored = this.stamp(object);
    const { namespace, name } = stored.metadata;
    const table = this.table(resource, namespace);
    const previous = table.get(name);
    table.set(name, stored);
    if (previous) this.unindex(previous);
    this.index(resource, stored);
    this.record({
      type: previous ? 'MODIFIED' : 'ADDED',
      resource,
      object: stored,
      previous,
      revision: this.revision,
    });
    return stored;
  }

  remove(resource: ResourceName, object: KubeObject): KubeObject {
    const { namespace, name } = object.metadata;
    const table = this.table(resource, namespace);
    const previous = table.get(name);
    table.delete(name);
    if (table.size === 0) this.objects.get(resource)?.delete(namespace ?? '');
    if (previous) this.unindex(previous);
    const last = this.stamp(object);
    this.record({ type: 'DELETED', resource, object: last, previous, revision: this.revision });
    return last;
  }

  /** The changes after a revision, or undefined when some of them are no longer known. */
  changesSince(resource: ResourceName, revision: number): Change[] | undefined {
    if (revision < this.oldest) return undefined;
    return this.history.filter((change) => change.resource === resource && change.revision > revision);
  }

  isKnownRevision(revision: number): boolean {
    return revision >= this.oldest;
  }

  subscribe(listener: (change: Change) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  onReset(listener: () => void): () => void {
    this.resetListeners.add(listener);
    return () => this.resetListeners.delete(listener);
  }

  /** Forgets the changes so far: who resumes a watch from an earlier revision gets 410. */
  forgetHistory(): void {
    this.history = [];
    this.revision += 1;
    this.oldest = this.revision;
  }

  clear(): void {
    this.objects.clear();
    this.byUid.clear();
    this.owned.clear();
    this.forgetHistory();
    for (const listener of [...this.resetListeners]) listener();
  }

  private table(resource: ResourceName, namespace = ''): Map<string, KubeObject> {
    const namespaces = this.objects.get(resource) ?? new Map<string, Map<string, KubeObject>>();
    this.objects.set(resource, namespaces);
    const table = namespaces.get(namespace) ?? new Map<string, KubeObject>();
    namespaces.set(namespace, table);
    return table;
  }

  private stamp(object: KubeObject): KubeObject {
    this.revision += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.revision) } };
  }

  private index(resource: ResourceName, object: KubeObject): void {
    this.byUid.set(object.metadata.uid, { resource, object });
    for (const owner of object.metadata.ownerReferences ?? []) {
      const siblings = this.owned.get(owner.uid) ?? new Map<string, { resource: ResourceName; object: KubeObject }>();
      siblings.set(object.metadata.uid, { resource, object });
      this.owned.set(owner.uid, siblings);
    }
  }

  private unindex(object: KubeObject): void {
    this.byUid.delete(object.metadata.uid);
    for (const owner of object.metadata.ownerReferences ?? []) {
      const siblings = this.owned.get(owner.uid);
      siblings?.delete(object.metadata.uid);
      if (siblings?.size === 0) this.owned.delete(owner.uid);
    }
  }

  private record(change: Change): void {
    this.history.push(change);
    if (this.history.length > this.historySize * 2) this.trim();
    for (const listener of [...this.listeners]) listener(change);
  }

  private trim(): void {
    const dropped = this.history.splice(0, this.history.length - this.historySize);
    this.oldest = dropped.at(-1)?.revision ?? this.oldest;
  }
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''} ${metadata.name}`;
}

function sortedByKey<T>(table: ReadonlyMap<string, T>): T[] {
  return [...table].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}
