import { ClusterError } from '../connection/cluster-error.js';
import type { Transport } from '../connection/transport.js';
import { objectPath } from './kinds.js';
import type { ObjectRef } from './kube-object.js';

export interface DeleteOptions {
  /** What happens to what the object owns. Default `Background`. */
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
  /** Deletes only this incarnation; another one of the same name throws `conflict`. */
  readonly uid?: string;
}

/** Asks for deletion and does not wait for it. True when the object was there; one that is gone already is no error. */
export async function deleteObject(
  transport: Transport,
  ref: ObjectRef,
  options: DeleteOptions = {},
): Promise<boolean> {
  try {
    await transport.callText('DELETE', objectPath(ref.kind, ref.namespace, ref.name), {
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy: options.propagation ?? 'Background',
        ...(options.uid !== undefined && { preconditions: { uid: options.uid } }),
      },
    });
    return true;
  } catch (error) {
    if (error instanceof ClusterError && error.kind === 'not_found') {
      return false;
    }
    throw error;
  }
}
