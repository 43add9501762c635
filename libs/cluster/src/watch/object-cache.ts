import type { KubeMetadata } from '../objects/kube-object.js';

export type ChangeType = 'added' | 'changed' | 'removed';

export interface Change<T> {
  readonly type: ChangeType;
  /** The object after the change; for `removed` its last known state. */
  readonly object: T;
}

/** The objects of one watch, by namespace and name. Returns what each step changed; an unchanged resourceVersion is no change. */
export class ObjectCache<T extends { metadata: KubeMetadata }> {
  private objects = new Map<string, T>();

  replace(items: readonly T[]): Change<T>[] {
    const next = new Map(items.map((item) => [keyOf(item), item]));
    const removed = [...this.objects].filter(([key]) => !next.has(key));
    const changes: Change<T>[] = removed.map(([, object]) => ({ type: 'removed', object }));
    for (const [key] of removed) {
      this.objects.delete(key);
    }
    for (const item of items) {
      changes.push(...this.put(item));
    }
    return changes;
  }

  put(object: T): Change<T>[] {
    const key = keyOf(object);
    const known = this.objects.get(key);
    if (known !== undefined && known.metadata.resourceVersion === object.metadata.resourceVersion) {
      return [];
    }
    this.objects.set(key, object);
    // The same name with another uid is another object: who counts on one of them sees it go first.
    if (known !== undefined && known.metadata.uid !== object.metadata.uid) {
      return [
        { type: 'removed', object: known },
        { type: 'added', object },
      ];
    }
    return [{ type: known === undefined ? 'added' : 'changed', object }];
  }

  remove(object: T): Change<T>[] {
    return this.objects.delete(keyOf(object)) ? [{ type: 'removed', object }] : [];
  }

  get(name: string, namespace = ''): T | undefined {
    return this.objects.get(`${namespace}/${name}`);
  }

  list(namespace?: string): T[] {
    const all = [...this.objects.values()];
    return namespace === undefined ? all : all.filter((object) => object.metadata.namespace === namespace);
  }
}

function keyOf(object: { metadata: KubeMetadata }): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`;
}
