import { failpoint } from '@slipway/runtime';

import type { Transport } from '../connection/transport.js';
import { ClusterError } from '../connection/cluster-error.js';
import { apiVersionOf, isKind, objectPath } from './kinds.js';
import { withoutManagedFields, type KubeObject } from './kube-object.js';

export interface ApplyOptions {
  /** Takes over fields that another manager owns. Default true; false throws `conflict`. */
  readonly force?: boolean;
  /** Default `slipway`. */
  readonly fieldManager?: string;
  /** The cluster checks and answers, and stores nothing. Default false. */
  readonly dryRun?: boolean;
}

/**
 * Server-side apply: creates the object, or makes the fields that `object` names equal to it and removes those that this field
 * manager named before. An equal object is no write: its resourceVersion stays.
 */
export async function applyObject<T extends KubeObject>(
  transport: Transport,
  object: T,
  options: ApplyOptions = {},
): Promise<T> {
  const { kind, metadata } = object;
  if (!isKind(kind) || object.apiVersion !== apiVersionOf(kind)) {
    throw new ClusterError(`Slipway does not apply objects of ${object.apiVersion} ${kind}`, {
      kind: 'invalid',
      status: 0,
      reason: 'UnknownKind',
      retriable: false,
    });
  }
  await failpoint('cluster.before-apply');
  const applied = await transport.call<T>('PATCH', objectPath(kind, metadata.namespace, metadata.name), {
    contentType: 'application/apply-patch+yaml',
    query: {
      fieldManager: options.fieldManager ?? 'slipway',
      force: options.force ?? true,
      dryRun: options.dryRun ? 'All' : undefined,
    },
    body: object,
  });
  await failpoint('cluster.after-apply');
  return withoutManagedFields(applied);
}
