// Owns the kinds that Slipway speaks of. Their paths are written down instead of discovered: discovery costs a round trip per
// API group and start, and its answer decides where a write goes.
import type * as k8s from '@kubernetes/client-node';

import { ClusterError } from '../connection/cluster-error.js';
import type { Typed } from './kube-object.js';

export interface KindTypes {
  Namespace: Typed<k8s.V1Namespace>;
  Node: Typed<k8s.V1Node>;
  Pod: Typed<k8s.V1Pod>;
  Service: Typed<k8s.V1Service>;
  Secret: Typed<k8s.V1Secret>;
  ConfigMap: Typed<k8s.V1ConfigMap>;
  ServiceAccount: Typed<k8s.V1ServiceAccount>;
  PersistentVolumeClaim: Typed<k8s.V1PersistentVolumeClaim>;
  ResourceQuota: Typed<k8s.V1ResourceQuota>;
  LimitRange: Typed<k8s.V1LimitRange>;
  Event: Typed<k8s.CoreV1Event>;
  Deployment: Typed<k8s.V1Deployment>;
  ReplicaSet: Typed<k8s.V1ReplicaSet>;
  StatefulSet: Typed<k8s.V1StatefulSet>;
  DaemonSet: Typed<k8s.V1DaemonSet>;
  Job: Typed<k8s.V1Job>;
  CronJob: Typed<k8s.V1CronJob>;
  Ingress: Typed<k8s.V1Ingress>;
  IngressClass: Typed<k8s.V1IngressClass>;
  NetworkPolicy: Typed<k8s.V1NetworkPolicy>;
  EndpointSlice: Typed<k8s.V1EndpointSlice>;
  HorizontalPodAutoscaler: Typed<k8s.V2HorizontalPodAutoscaler>;
  PodDisruptionBudget: Typed<k8s.V1PodDisruptionBudget>;
  Lease: Typed<k8s.V1Lease>;
  PodMetrics: Typed<k8s.PodMetric>;
  Role: Typed<k8s.V1Role>;
  RoleBinding: Typed<k8s.V1RoleBinding>;
}

export type Kind = keyof KindTypes;

interface KindPath {
  readonly apiVersion: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

const inNamespace = (apiVersion: string, plural: string): KindPath => ({ apiVersion, plural, namespaced: true });
const clusterWide = (apiVersion: string, plural: string): KindPath => ({ apiVersion, plural, namespaced: false });

const KINDS: Readonly<Record<Kind, KindPath>> = {
  Namespace: clusterWide('v1', 'namespaces'),
  Node: clusterWide('v1', 'nodes'),
  Pod: inNamespace('v1', 'pods'),
  Service: inNamespace('v1', 'services'),
  Secret: inNamespace('v1', 'secrets'),
  ConfigMap: inNamespace('v1', 'configmaps'),
  ServiceAccount: inNamespace('v1', 'serviceaccounts'),
  PersistentVolumeClaim: inNamespace('v1', 'persistentvolumeclaims'),
  ResourceQuota: inNamespace('v1', 'resourcequotas'),
  LimitRange: inNamespace('v1', 'limitranges'),
  Event: inNamespace('v1', 'events'),
  Deployment: inNamespace('apps/v1', 'deployments'),
  ReplicaSet: inNamespace('apps/v1', 'replicasets'),
  StatefulSet: inNamespace('apps/v1', 'statefulsets'),
  DaemonSet: inNamespace('apps/v1', 'daemonsets'),
  Job: inNamespace('batch/v1', 'jobs'),
  CronJob: inNamespace('batch/v1', 'cronjobs'),
  Ingress: inNamespace('networking.k8s.io/v1', 'ingresses'),
  IngressClass: clusterWide('networking.k8s.io/v1', 'ingressclasses'),
  NetworkPolicy: inNamespace('networking.k8s.io/v1', 'networkpolicies'),
  EndpointSlice: inNamespace('discovery.k8s.io/v1', 'endpointslices'),
  HorizontalPodAutoscaler: inNamespace('autoscaling/v2', 'horizontalpodautoscalers'),
  PodDisruptionBudget: inNamespace('policy/v1', 'poddisruptionbudgets'),
  Lease: inNamespace('coordination.k8s.io/v1', 'leases'),
  PodMetrics: inNamespace('metrics.k8s.io/v1beta1', 'pods'),
  Role: inNamespace('rbac.authorization.k8s.io/v1', 'roles'),
  RoleBinding: inNamespace('rbac.authorization.k8s.io/v1', 'rolebindings'),
};

export function isKind(kind: string): kind is Kind {
  return Object.hasOwn(KINDS, kind);
}

export function apiVersionOf(kind: Kind): string {
  return KINDS[kind].apiVersion;
}

export function isNamespaced(kind: Kind): boolean {
  return KINDS[kind].namespaced;
}

/** As access rules name a kind: `{ group: 'apps', resource: 'deployments' }`; the group of `v1` is empty. */
export function groupAndResourceOf(kind: Kind): { group: string; resource: string } {
  const { apiVersion, plural } = KINDS[kind];
  return { group: apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '', resource: plural };
}

/** `/apis/apps/v1/namespaces/<ns>/deployments`; without a namespace the collection of the whole cluster. */
export function collectionPath(kind: Kind, namespace: string | undefined): string {
  const { apiVersion, plural, namespaced } = KINDS[kind];
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return namespaced && namespace !== undefined
    ? `${root}/namespaces/${pathSegment(namespace)}/${plural}`
    : `${root}/${plural}`;
}

/** The path of one object. Throws ClusterError `invalid` where the namespace is missing or a name cannot be one. */
export function objectPath(kind: Kind, namespace: string | undefined, name: string): string {
  if (KINDS[kind].namespaced && namespace === undefined) {
    throw invalid(`${kind} "${name}" needs a namespace`);
  }
  return `${collectionPath(kind, namespace)}/${pathSegment(name)}`;
}

// Names come from requests. Dots and slashes would lead to another path once a URL is normalised.
function pathSegment(name: string): string {
  if (!/^[A-Za-z0-9]([-A-Za-z0-9._:]{0,252})$/.test(name)) {
    throw invalid(`"${name.slice(0, 100)}" is no name of a Kubernetes object`);
  }
  return encodeURIComponent(name);
}

function invalid(message: string): ClusterError {
  return new ClusterError(message, { kind: 'invalid', status: 0, reason: 'InvalidName', retriable: false });
}
