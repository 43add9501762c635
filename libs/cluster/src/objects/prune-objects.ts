import { ClusterError } from '../connection/cluster-error.js';
import type { Transport } from '../connection/transport.js';
import { deleteObject } from './delete-object.js';
import type { Kind } from './kinds.js';
import type { ObjectRef } from './kube-object.js';
import { listObjects } from './list-objects.js';

export interface PruneOptions {
  readonly namespace: string;
  readonly kinds: readonly Kind[];
  /** Says what is ours. An empty one is refused: it would delete what others own. */
  readonly labelSelector: string;
  readonly keep: readonly { readonly kind: string; readonly name: string }[];
}

/**
 * Deletes what the selector finds and `keep` does not name, and returns it. Left alone are objects that another object controls
 * (a Deployment's ReplicaSets carry its labels), those already on their way out, and those replaced since they were listed.
 */
export async function pruneObjects(transport: Transport, options: PruneOptions): Promise<ObjectRef[]> {
  if (options.labelSelector.trim() === '') {
    throw new ClusterError('pruning needs a label selector that says what is ours', {
      kind: 'invalid',
      status: 0,
      reason: 'NoSelector',
      retriable: false,
    });
  }
  const keep = new Set(options.keep.map(({ kind, name }) => `${kind}/${name}`));
  const deleted: ObjectRef[] = [];
  for (const kind of options.kinds) {
    const { items } = await listObjects(transport, kind, options);
    for (const { metadata } of items) {
      const ref = { kind, namespace: options.namespace, name: metadata.name };
      const controlled = metadata.ownerReferences?.some((owner) => owner.controller) ?? false;
      const wanted = keep.has(`${kind}/${metadata.name}`) || controlled || metadata.deletionTimestamp !== undefined;
      if (!wanted && (await deleteThis(transport, ref, metadata.uid))) {
        deleted.push(ref);
      }
    }
  }
  return deleted;
}

async function deleteThis(transport: Transport, ref: ObjectRef, uid: string | undefined): Promise<boolean> {
  try {
    return await deleteObject(transport, ref, { uid });
  } catch (error) {
    if (error instanceof ClusterError && error.kind === 'conflict') {
      return false;
    }
    throw error;
  }
}
