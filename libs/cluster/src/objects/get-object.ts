import { ClusterError } from '../connection/cluster-error.js';
import type { Call, Transport } from '../connection/transport.js';
import { objectPath, type Kind, type KindTypes } from './kinds.js';
import { withoutManagedFields, type ObjectRef } from './kube-object.js';

/** The object as it is now, or undefined when it, or its namespace, is not there. */
export async function getObject<K extends Kind>(
  transport: Transport,
  ref: ObjectRef & { readonly kind: K },
  call: Pick<Call, 'timeoutMs' | 'signal'> = {},
): Promise<KindTypes[K] | undefined> {
  try {
    return withoutManagedFields(
      await transport.call<KindTypes[K]>('GET', objectPath(ref.kind, ref.namespace, ref.name), call),
    );
  } catch (error) {
    if (error instanceof ClusterError && error.kind === 'not_found') {
      return undefined;
    }
    throw error;
  }
}
