import type { KubeObject, OwnerReference } from '../objects.js';
import type { Registry } from '../registry.js';
import type { Change } from '../store.js';
import type { Controller } from './control-loop.js';

/** Deletes what has lost its last owner, and carries out foreground and orphaning deletions. Keys are uids. */
export class CollectGarbage implements Controller {
  readonly name = 'garbage-collector';

  constructor(private readonly registry: Registry) {}

  *wake({ object, type }: Change): Iterable<string> {
    const { uid, ownerReferences, finalizers, deletionTimestamp } = object.metadata;
    if (type === 'DELETED')
      for (const dependent of this.registry.store.dependents(uid)) yield dependent.object.metadata.uid;
    // An owner that waits in the foreground goes when its last dependent has gone.
    if (type === 'DELETED') for (const owner of ownerReferences ?? []) yield owner.uid;
    if (type === 'ADDED' && ownerReferences?.length) yield uid;
    if (deletionTimestamp !== undefined && finalizers?.length) yield uid;
  }

  reconcile(uid: string): undefined {
    const found = this.registry.store.findByUid(uid);
    if (!found) return;
    const { resource, object } = found;
    const { finalizers = [], ownerReferences = [], namespace, name, deletionTimestamp } = object.metadata;
    const dependents = this.registry.store.dependents(uid);
    if (deletionTimestamp !== undefined && finalizers.includes('foregroundDeletion')) {
      for (const { resource: kind, object: dependent } of dependents) {
        if (dependent.metadata.deletionTimestamp !== undefined) continue;
        const deep = this.registry.store.dependents(dependent.metadata.uid).length > 0;
        const { namespace: space, name: own } = dependent.metadata;
        this.registry.delete(kind, space, own, { propagationPolicy: deep ? 'Foreground' : 'Background' });
      }
      const blocked = this.registry.store.dependents(uid).some((entry) => blocks(entry.object, uid));
      if (!blocked) this.removeFinalizer(object, 'foregroundDeletion');
    } else if (deletionTimestamp !== undefined && finalizers.includes('orphan')) {
      for (const dependent of dependents) this.disown(dependent.object, uid);
      this.removeFinalizer(object, 'orphan');
    } else if (
      deletionTimestamp === undefined &&
      ownerReferences.length &&
      !ownerReferences.some((owner) => this.lives(owner))
    ) {
      this.registry.delete(resource, namespace, name);
    } else if (deletionTimestamp === undefined)
      for (const owner of ownerReferences) if (!this.lives(owner)) this.disown(object, owner.uid);
  }

  private lives(owner: OwnerReference): boolean {
    return this.registry.store.findByUid(owner.uid) !== undefined;
  }

  private removeFinalizer(object: KubeObject, finalizer: string): void {
    this.rewrite(object, (metadata) => ({
      ...metadata,
      finalizers: metadata.finalizers?.filter((entry) => entry !== finalizer),
    }));
  }

  private disown(object: KubeObject, ownerUid: string): void {
    this.rewrite(object, (metadata) => ({
      ...metadata,
      ownerReferences: metadata.ownerReferences?.filter((owner) => owner.uid !== ownerUid),
    }));
  }

  private rewrite(object: KubeObject, change: (metadata: KubeObject['metadata']) => KubeObject['metadata']): void {
    const found = this.registry.store.findByUid(object.metadata.uid);
    if (!found) return;
    this.registry.change(found.resource, found.object, (current) => ({
      ...current,
      metadata: change(current.metadata),
    }));
  }
}

function blocks(dependent: KubeObject, ownerUid: string): boolean {
  return (dependent.metadata.ownerReferences ?? []).some(
    (owner) => owner.uid === ownerUid && owner.blockOwnerDeletion === true,
  );
}
