import type {
  ClusterEvent,
  Deployment,
  Ingress,
  Job,
  KubeObject,
  Namespace,
  Pod,
  ReplicaSet,
  ResourceQuota,
  Service,
} from './objects.js';

/** One served resource. Adding a line here serves discovery, CRUD, watch, patches and a plain table for another kind. */
export interface Kind {
  readonly resource: ResourceName;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly Subresource[];
  /** metadata.generation counts the changes of spec. */
  readonly generation: boolean;
  /** What the server warns of with every answer. */
  readonly warning?: string;
  /** A replacement of one that is not there makes it. */
  readonly createdByReplacing: boolean;
  /** A deletion answers with the last state of the object, not with a Status. */
  readonly deletedIsReturned: boolean;
  /** Field selectors beside metadata.name and metadata.namespace. */
  readonly fields: readonly string[];
}

export type Subresource = 'status' | 'scale' | 'log' | 'finalize';

export interface ObjectsByResource {
  namespaces: Namespace;
  nodes: KubeObject;
  pods: Pod;
  services: Service;
  endpoints: KubeObject;
  secrets: KubeObject;
  configmaps: KubeObject;
  events: ClusterEvent;
  resourcequotas: ResourceQuota;
  limitranges: KubeObject;
  serviceaccounts: KubeObject;
  deployments: Deployment;
  replicasets: ReplicaSet;
  jobs: Job;
  ingresses: Ingress;
  networkpolicies: KubeObject;
  ingressclasses: KubeObject;
  endpointslices: KubeObject;
  leases: KubeObject;
  rolebindings: KubeObject;
  horizontalpodautoscalers: KubeObject;
}

export type ResourceName = keyof ObjectsByResource;

function kind(
  groupVersion: string,
  resource: ResourceName,
  name: string,
  options: Partial<Omit<Kind, 'resource' | 'group' | 'version' | 'kind'>> = {},
): Kind {
  const slash = groupVersion.indexOf('/');
  return {
    resource,
    group: slash < 0 ? '' : groupVersion.slice(0, slash),
    version: groupVersion.slice(slash + 1),
    kind: name,
    namespaced: true,
    shortNames: [],
    categories: [],
    subresources: [],
    generation: false,
    createdByReplacing: false,
    deletedIsReturned: false,
    fields: [],
    ...options,
  };
}

const eventFields = [
  'involvedObject.kind',
  'involvedObject.namespace',
  'involvedObject.name',
  'involvedObject.uid',
  'involvedObject.apiVersion',
  'involvedObject.fieldPath',
  'reason',
  'type',
];
const podFields = [
  'status.phase',
  'status.podIP',
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.serviceAccountName',
  'spec.schedulerName',
];

/** In the order in which the real server names them, which is that of `kubectl get all`. */
export const kinds: readonly Kind[] = [
  kind('v1', 'namespaces', 'Namespace', {
    namespaced: false,
    shortNames: ['ns'],
    subresources: ['status', 'finalize'],
    fields: ['status.phase'],
  }),
  kind('v1', 'nodes', 'Node', {
    namespaced: false,
    shortNames: ['no'],
    subresources: ['status'],
    fields: ['spec.unschedulable'],
  }),
  kind('v1', 'pods', 'Pod', {
    deletedIsReturned: true,
    shortNames: ['po'],
    categories: ['all'],
    subresources: ['status', 'log'],
    generation: true,
    fields: podFields,
  }),
  kind('v1', 'services', 'Service', {
    deletedIsReturned: true,
    createdByReplacing: true,
    shortNames: ['svc'],
    categories: ['all'],
    subresources: ['status'],
  }),
  kind('v1', 'endpoints', 'Endpoints', {
    createdByReplacing: true,
    shortNames: ['ep'],
    warning: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  }),
  kind('v1', 'secrets', 'Secret', { fields: ['type'] }),
  kind('v1', 'configmaps', 'ConfigMap', { shortNames: ['cm'] }),
  kind('v1', 'events', 'Event', { createdByReplacing: true, shortNames: ['ev'], fields: eventFields }),
  kind('v1', 'resourcequotas', 'ResourceQuota', {
    deletedIsReturned: true,
    shortNames: ['quota'],
    subresources: ['status'],
  }),
  kind('v1', 'limitranges', 'LimitRange', { createdByReplacing: true, shortNames: ['limits'] }),
  kind('v1', 'serviceaccounts', 'ServiceAccount', { deletedIsReturned: true, shortNames: ['sa'] }),
  kind('apps/v1', 'deployments', 'Deployment', {
    shortNames: ['deploy'],
    categories: ['all'],
    subresources: ['status', 'scale'],
    generation: true,
  }),
  kind('apps/v1', 'replicasets', 'ReplicaSet', {
    shortNames: ['rs'],
    categories: ['all'],
    subresources: ['status', 'scale'],
    generation: true,
    fields: ['status.replicas'],
  }),
  kind('autoscaling/v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler', {
    shortNames: ['hpa'],
    categories: ['all'],
    subresources: ['status'],
  }),
  kind('batch/v1', 'jobs', 'Job', {
    categories: ['all'],
    subresources: ['status'],
    generation: true,
    fields: ['status.successful'],
  }),
  kind('networking.k8s.io/v1', 'ingresses', 'Ingress', {
    shortNames: ['ing'],
    subresources: ['status'],
    generation: true,
  }),
  kind('networking.k8s.io/v1', 'networkpolicies', 'NetworkPolicy', { shortNames: ['netpol'], generation: true }),
  kind('networking.k8s.io/v1', 'ingressclasses', 'IngressClass', { namespaced: false, generation: true }),
  kind('rbac.authorization.k8s.io/v1', 'rolebindings', 'RoleBinding'),
  kind('coordination.k8s.io/v1', 'leases', 'Lease', { createdByReplacing: true }),
  kind('discovery.k8s.io/v1', 'endpointslices', 'EndpointSlice', { generation: true }),
];

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const subresourceVerbs: Readonly<Record<Subresource, readonly string[]>> = {
  finalize: ['update'],
  log: ['get'],
  scale: ['get', 'patch', 'update'],
  status: ['get', 'patch', 'update'],
};

/** What can be done with a resource, or with a part of it. All namespaces are never deleted at once. */
export function verbsOf({ resource }: Kind, subresource?: Subresource): readonly string[] {
  if (subresource) return subresourceVerbs[subresource];
  return resource === 'namespaces' ? verbs.filter((verb) => verb !== 'deletecollection') : verbs;
}

const byResource = new Map<string, Kind>(kinds.map((entry) => [entry.resource, entry]));

export function kindOf(resource: ResourceName): Kind {
  const found = byResource.get(resource);
  if (!found) throw new Error(`no kind is declared for the resource ${resource}`);
  return found;
}

export function findKind(group: string, version: string, resource: string): Kind | undefined {
  const found = byResource.get(resource);
  return found && found.group === group && found.version === version ? found : undefined;
}

export function findKindOfObject(apiVersion: string, name: string): Kind | undefined {
  return kinds.find((entry) => entry.kind === name && apiVersionOf(entry) === apiVersion);
}

export function apiVersionOf(entry: Kind): string {
  return entry.group === '' ? entry.version : `${entry.group}/${entry.version}`;
}

/** The name that error messages use: `pods`, `deployments.apps`. */
export function qualifiedResource(entry: Kind): string {
  return entry.group === '' ? entry.resource : `${entry.resource}.${entry.group}`;
}
