// Owns what a cluster says about the user whose credentials we carry. Every authenticated user may ask both (`system:basic-user`).
import type { Transport } from '../connection/transport.js';
import { groupAndResourceOf, type Kind } from '../objects/kinds.js';
import type { RbacV1Subject } from '../objects/typed-objects.js';

export interface AccessQuestion {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
  readonly kind: Kind;
  readonly namespace: string;
}

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;
const RBAC = 'rbac.authorization.k8s.io';

/** Who we are to the cluster, as a RoleBinding names it. */
export async function currentUser(transport: Transport): Promise<RbacV1Subject> {
  const { status } = await review<{ status: { userInfo: { username: string } } }>(
    transport,
    'authentication.k8s.io/v1',
    'SelfSubjectReview',
  );
  const { username } = status.userInfo;
  const [, namespace, name] = SERVICE_ACCOUNT.exec(username) ?? [];
  return namespace !== undefined && name !== undefined
    ? { kind: 'ServiceAccount', namespace, name }
    : { apiGroup: RBAC, kind: 'User', name: username };
}

/** Whether the cluster would let us. It learns of a new RoleBinding a moment after it has answered its creation. */
export async function mayI(transport: Transport, { verb, kind, namespace }: AccessQuestion): Promise<boolean> {
  const { status } = await review<{ status: { allowed: boolean } }>(
    transport,
    'authorization.k8s.io/v1',
    'SelfSubjectAccessReview',
    { resourceAttributes: { verb, namespace, ...groupAndResourceOf(kind) } },
  );
  return status.allowed;
}

function review<T>(transport: Transport, apiVersion: string, kind: string, spec?: object): Promise<T> {
  const body = { apiVersion, kind, ...(spec && { spec }) };
  return transport.call<T>('POST', `/apis/${apiVersion}/${kind.toLowerCase()}s`, { body });
}
