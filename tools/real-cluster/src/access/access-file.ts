// Owns deploy/access.yaml: what a cluster lets Slipway do. It is made from what Slipway was seen to do, and nothing is added to that.
import { fileURLToPath } from 'node:url';

import { stringify } from 'yaml';

import type { Right } from './used-rights.js';

export const ACCESS_FILE = fileURLToPath(new URL('../../../../deploy/access.yaml', import.meta.url));
export const SYSTEM_NAMESPACE = 'slipway-system';
/** Of the instances that the stories start beside each other: each needs a KUBERNETES_NAMESPACE of its own. */
export const SYSTEM_NAMESPACES = [SYSTEM_NAMESPACE, `${SYSTEM_NAMESPACE}-2`, `${SYSTEM_NAMESPACE}-3`] as const;
/** The value of ENVIRONMENT_ROLE. */
export const ENVIRONMENT_ROLE = 'slipway-environment';
export const SERVICE_ACCOUNT = 'slipway';
/** Slipway, as the audit log names it. */
export const USERNAME = `system:serviceaccount:${SYSTEM_NAMESPACE}:${SERVICE_ACCOUNT}`;

const HEADER = `# What Slipway may do in a cluster, and no more: made from what it was seen to do there by
# npm run test:cluster -- --record, and compared by npm run test:cluster. Slipway needs ENVIRONMENT_ROLE=${ENVIRONMENT_ROLE} with it:
# it then binds that role to itself in the namespaces of its environments, and asks for no Secret anywhere else.
`;
const RBAC = 'rbac.authorization.k8s.io';
const API = { apiVersion: `${RBAC}/v1` } as const;

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** The text of the file that grants exactly `rights`. */
export function accessFile(rights: readonly Right[]): string {
  const secrets = rights.filter(({ resource }) => resource === 'secrets');
  const own = rights.filter(
    (right) => !secrets.includes(right) && SYSTEM_NAMESPACES.some((name) => name === right.namespace),
  );
  const elsewhere = rights.filter((right) => !secrets.includes(right) && !own.includes(right));
  // Whoever makes a binding needs the right to bind what it names.
  const bind: Rule = {
    apiGroups: [RBAC],
    resources: ['clusterroles'],
    resourceNames: [ENVIRONMENT_ROLE],
    verbs: ['bind'],
  };
  const metadata = { name: SERVICE_ACCOUNT, namespace: SYSTEM_NAMESPACE };
  const subjects = [{ kind: 'ServiceAccount', ...metadata }];
  const objects = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM_NAMESPACE } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { ...API, kind: 'ClusterRole', metadata: { name: 'slipway' }, rules: [...rulesOf(elsewhere), bind] },
    {
      ...API,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'slipway' },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'slipway' },
      subjects,
    },
    { ...API, kind: 'ClusterRole', metadata: { name: ENVIRONMENT_ROLE }, rules: rulesOf(secrets) },
    { ...API, kind: 'Role', metadata, rules: rulesOf(own) },
    { ...API, kind: 'RoleBinding', metadata, roleRef: { apiGroup: RBAC, kind: 'Role', name: 'slipway' }, subjects },
  ];
  return (
    HEADER +
    objects.map((object) => stringify(object, { singleQuote: true, aliasDuplicateObjects: false })).join('---\n')
  );
}

/** Resources of one group that are used in the same way share a rule. */
function rulesOf(rights: readonly Right[]): Rule[] {
  const verbs = new Map<string, Set<string>>();
  for (const { group, resource, verb } of rights) {
    const key = JSON.stringify([group, resource]);
    verbs.set(key, (verbs.get(key) ?? new Set()).add(verb));
  }
  const resources = new Map<string, string[]>();
  for (const [key, used] of verbs) {
    const [group, resource] = JSON.parse(key) as [string, string];
    const rule = JSON.stringify([group, [...used].sort()]);
    resources.set(rule, [...(resources.get(rule) ?? []), resource].sort());
  }
  return [...resources]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([rule, names]) => {
      const [group, used] = JSON.parse(rule) as [string, string[]];
      return { apiGroups: [group], resources: names, verbs: used };
    });
}
