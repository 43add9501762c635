// Owns what an App looks like in a cluster: record in, objects out. Pure, and the same record always gives the same objects, so
// that an unchanged App is no write. What the cluster makes of them is read elsewhere (observed-status.ts).
import { createHash } from 'node:crypto';

import type { AppId, EnvironmentId, EnvironmentKind, HealthCheck, Port, RegistryAuth } from '@slipway/contracts';
import type {
  KubeObject,
  V1Container,
  V1Deployment,
  V1Namespace,
  V1NetworkPolicy,
  V1PodSpec,
  V1Probe,
  RbacV1Subject,
  V1ResourceQuota,
  V1RoleBinding,
  V1Secret,
  V1Service,
} from '@slipway/cluster';

import { type Container, mainPort } from '../app/container.js';
import { effectiveResources } from '../app/resources.js';
import { ingresses } from './ingresses.js';

export const MANAGED_BY = 'app.kubernetes.io/managed-by';
export const INSTANCE = 'app.kubernetes.io/instance';
/** On the pod template: which Revision a pod runs. */
export const REVISION = 'slipway.dev/revision';
/** On the pod template: the restart that a pod came of. The name is kubectl's, which shows it. */
export const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';
/** On the pod template: the ids of its containers by name. */
const CONTAINERS = 'slipway.dev/containers';
/** On every object: a hash of what was applied, so that a field that is no longer wanted is noticed. */
export const APPLIED = 'slipway.dev/applied';

/** The name of the port that the App is reached at; the number behind it may change with a Revision. */
const MAIN_PORT = 'http';
const TERMINATION_SECONDS = 30;
const DRAIN_SECONDS = 2;
const PROGRESS_DEADLINE_SECONDS = 600;
const OLD_REPLICA_SETS = 2;
const TCP_PROBE_SECONDS = 2;

export interface Rendering {
  readonly podSecurity: 'baseline' | 'restricted';
  readonly maxReplicas: number;
  readonly environmentMaxPods: number;
  /** Null: the cluster's own default class. */
  readonly ingressClass: string | null;
  readonly ingressNamespace: string | null;
  /** ClusterIssuer for the certificates of verified domains; null: no TLS. */
  readonly certIssuer: string | null;
  /** What gives Slipway the right to the Secrets of an Environment, in its own namespace only; null where it has that right anyway. */
  readonly access: Access | null;
}

export interface Access {
  /** Name of a ClusterRole. */
  readonly role: string;
  /** Slipway, as the cluster knows it. */
  readonly subject: RbacV1Subject;
}

export interface AppRecord {
  readonly id: AppId;
  readonly name: string;
  readonly environment: {
    readonly id: EnvironmentId;
    readonly name: string;
    readonly namespace: string;
    readonly kind: EnvironmentKind;
  };
  readonly revision: number;
  readonly containers: readonly Container[];
  /** 0 while stopped. */
  readonly replicas: number;
  readonly host: string | null;
  /** Verified hosts of the user's own. */
  readonly domains: readonly string[];
  readonly registryAuth: Required<RegistryAuth> | null;
  readonly restartedAt: Date | null;
}

/** The Environment's own objects; those of a dedicated one carry the App's id, the others the Environment's. */
export function environmentObjects(app: AppRecord, rendering: Rendering): KubeObject[] {
  const { environment } = app;
  const dedicated = environment.kind === 'dedicated';
  const labels = {
    [MANAGED_BY]: 'slipway',
    'app.kubernetes.io/name': dedicated ? app.name : environment.name,
    [INSTANCE]: environmentInstance(app),
    'app.kubernetes.io/part-of': environment.name,
  };
  const metadata = { name: 'slipway', namespace: environment.namespace, labels };
  const namespace: V1Namespace = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: environment.namespace,
      labels: { ...labels, 'pod-security.kubernetes.io/enforce': rendering.podSecurity },
    },
  };
  const pods = dedicated ? 2 * rendering.maxReplicas : rendering.environmentMaxPods;
  const quota: V1ResourceQuota = {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata,
    spec: { hard: { pods: String(pods), 'services.loadbalancers': '0', 'services.nodeports': '0' } },
  };
  const access = rendering.access ? [roleBinding(metadata, rendering.access)] : [];
  // The binding first: Secrets, which need it, come last.
  return [namespace, ...access, quota, networkPolicy(app, metadata, rendering)].map(stamped);
}

export function environmentInstance(app: Pick<AppRecord, 'id' | 'environment'>): string {
  return app.environment.kind === 'dedicated' ? app.id : app.environment.id;
}

/** The App's objects in its namespace, in the order in which they are applied: what pods read comes before the pods. */
export function appObjects(app: AppRecord, rendering: Rendering): KubeObject[] {
  const port = mainPort(app.containers);
  const objects: KubeObject[] = app.containers.flatMap((container, index) => environmentSecret(app, container, index));
  if (app.registryAuth) objects.push(registrySecret(app, app.registryAuth));
  objects.push(deployment(app, rendering));
  if (app.containers.some(({ ports }) => ports.length > 0)) objects.push(service(app));
  if (port) {
    // By name, so that it leads somewhere also in the moment between a Service with another port number and this.
    const backend = { service: { name: serviceName(app), port: { name: MAIN_PORT } } };
    const hosts = { own: port.published ? app.host : null, domains: app.domains };
    objects.push(...ingresses(metadataOf(app, app.name), hosts, backend, rendering));
  }
  return objects.map(stamped);
}

export function secretName(app: Pick<AppRecord, 'name' | 'revision'>, container: string, index: number): string {
  return index === 0 ? `${app.name}-env-${app.revision}` : `${app.name}-env-${app.revision}-${container}`;
}

function labelsOf(app: AppRecord): Record<string, string> {
  return {
    [MANAGED_BY]: 'slipway',
    'app.kubernetes.io/name': app.name,
    [INSTANCE]: app.id,
    'app.kubernetes.io/part-of': app.environment.name,
  };
}

function metadataOf(app: AppRecord, name: string): { name: string; namespace: string; labels: Record<string, string> } {
  return { name, namespace: app.environment.namespace, labels: labelsOf(app) };
}

function roleBinding(metadata: KubeObject['metadata'], { role, subject }: Access): V1RoleBinding {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    // A binding never changes its role; another role has a binding of its own.
    metadata: { ...metadata, name: role },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [subject],
  };
}

function networkPolicy(
  app: AppRecord,
  metadata: { name: string; namespace: string; labels: Record<string, string> },
  rendering: Rendering,
): V1NetworkPolicy {
  const outside = rendering.ingressNamespace
    ? { matchLabels: { 'kubernetes.io/metadata.name': rendering.ingressNamespace } }
    : { matchExpressions: [{ key: MANAGED_BY, operator: 'NotIn', values: ['slipway'] }] };
  const from = [{ podSelector: {} }, { namespaceSelector: outside }];
  // By name: while another port number rolls out, pods of both Revisions are let through.
  const ports = app.containers.flatMap((container, index) =>
    container.ports.map((port, place) => ({
      protocol: port.protocol.toUpperCase(),
      port: portName(port, mainPort(app.containers), index, place),
    })),
  );
  // The port rule is a dedicated Environment's: a shared one holds Apps with ports of their own.
  const open =
    app.environment.kind === 'dedicated' ? (ports.length > 0 ? [{ _from: from, ports }] : []) : [{ _from: from }];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata,
    // client-node names the field `_from`, the wire `from`.
    spec: {
      podSelector: {},
      policyTypes: ['Ingress'],
      ingress: open.map(({ _from, ...rest }) => ({ from: _from, ...rest })),
    },
  };
}

function environmentSecret(app: AppRecord, container: Container, index: number): V1Secret[] {
  if (container.variables.length === 0) return [];
  return [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: metadataOf(app, secretName(app, container.name, index)),
      type: 'Opaque',
      immutable: true,
      data: Object.fromEntries(container.variables.map(({ name, value }) => [name, base64(value)])),
    },
  ];
}

function registrySecret(app: AppRecord, auth: Required<RegistryAuth>): V1Secret {
  const { username, password } = auth;
  // The kubelet looks Docker Hub up under the address of its first API.
  const server = auth.server === 'docker.io' ? 'https://index.docker.io/v1/' : auth.server;
  const config = { auths: { [server]: { username, password, auth: base64(`${username}:${password}`) } } };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadataOf(app, registryName(app)),
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': base64(JSON.stringify(config)) },
  };
}

function registryName(app: AppRecord): string {
  return `${app.name}-registry`;
}

function deployment(app: AppRecord, rendering: Rendering): V1Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadataOf(app, app.name),
    spec: {
      replicas: app.replicas,
      // Named, because one that somebody pauses would never roll out again.
      paused: false,
      revisionHistoryLimit: OLD_REPLICA_SETS,
      progressDeadlineSeconds: PROGRESS_DEADLINE_SECONDS,
      selector: { matchLabels: { [INSTANCE]: app.id } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: 0 } },
      template: {
        metadata: {
          labels: labelsOf(app),
          annotations: {
            [REVISION]: String(app.revision),
            ...(app.restartedAt && { [RESTARTED_AT]: app.restartedAt.toISOString() }),
            [CONTAINERS]: JSON.stringify(Object.fromEntries(app.containers.map(({ name, id }) => [name, id]))),
          },
        },
        spec: podSpec(app, rendering),
      },
    },
  };
}

function podSpec(app: AppRecord, rendering: Rendering): V1PodSpec {
  const restricted = rendering.podSecurity === 'restricted';
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: TERMINATION_SECONDS,
    securityContext: { seccompProfile: { type: 'RuntimeDefault' }, ...(restricted && { runAsNonRoot: true }) },
    ...(app.registryAuth && { imagePullSecrets: [{ name: registryName(app) }] }),
    containers: app.containers.map((container, index) => podContainer(app, container, index, restricted)),
  };
}

function podContainer(app: AppRecord, container: Container, index: number, restricted: boolean): V1Container {
  const { cpuRequest, memoryRequest, cpuLimit, memoryLimit } = effectiveResources(container.resources);
  const main = mainPort(app.containers);
  const ports = container.ports.map((port, place) => ({
    name: portName(port, main, index, place),
    containerPort: port.internal,
    protocol: port.protocol.toUpperCase(),
  }));
  return {
    name: container.name,
    image: container.image,
    // A tag may be moved, a digest may not.
    imagePullPolicy: container.image.includes('@') ? 'IfNotPresent' : 'Always',
    ...(container.entrypoint && { command: [...container.entrypoint] }),
    ...(container.args && { args: [...container.args] }),
    ...(ports.length > 0 && { ports }),
    ...(container.variables.length > 0 && {
      envFrom: [{ secretRef: { name: secretName(app, container.name, index) } }],
    }),
    resources: {
      requests: { cpu: cpuRequest, memory: memoryRequest },
      limits: { cpu: cpuLimit, memory: memoryLimit },
    },
    securityContext: { allowPrivilegeEscalation: false, ...(restricted && { capabilities: { drop: ['ALL'] } }) },
    // The pod leaves the endpoints before it is told to end, so that no request meets a closed port.
    lifecycle: { preStop: { sleep: { seconds: DRAIN_SECONDS } } },
    ...probes(
      container.healthCheck,
      ports.some(({ name }) => name === MAIN_PORT),
      ports.find(({ protocol }) => protocol === 'TCP')?.name,
    ),
  };
}

// Without a health check only the main port is asked: other containers may well listen late, or on loopback.
function probes(healthCheck: HealthCheck | null, main: boolean, firstTcp: string | undefined): Partial<V1Container> {
  if (!healthCheck)
    return main ? { readinessProbe: { tcpSocket: { port: MAIN_PORT }, periodSeconds: TCP_PROBE_SECONDS } } : {};
  const port = main ? MAIN_PORT : firstTcp;
  if (port === undefined) return {};
  const probe = httpProbe(healthCheck, port);
  return { readinessProbe: probe, livenessProbe: probe };
}

function httpProbe(check: HealthCheck, port: string): V1Probe {
  return {
    httpGet: { path: check.path, port },
    initialDelaySeconds: check.initialDelaySeconds,
    periodSeconds: check.periodSeconds,
    timeoutSeconds: check.timeoutSeconds,
    failureThreshold: check.failureThreshold,
  };
}

function portName(port: Port, main: Port | null, container: number, place: number): string {
  return port === main ? MAIN_PORT : `port-${container}-${place}`;
}

function service(app: AppRecord): V1Service {
  const main = mainPort(app.containers);
  const ports = app.containers.flatMap((container, index) =>
    container.ports.map((port, place) => ({
      name: portName(port, main, index, place),
      port: port.external,
      protocol: port.protocol.toUpperCase(),
      targetPort: portName(port, main, index, place),
    })),
  );
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataOf(app, serviceName(app)),
    spec: { type: 'ClusterIP', selector: { [INSTANCE]: app.id }, ports },
  };
}

// A Service's name begins with a letter. In a shared namespace `app` would be the first such App's only.
function serviceName(app: AppRecord): string {
  if (!/^\d/.test(app.name)) return app.name;
  return app.environment.kind === 'dedicated' ? 'app' : `app-${app.id.slice(0, 8)}`;
}

function stamped(object: KubeObject): KubeObject {
  const hash = createHash('sha256').update(JSON.stringify(object)).digest('hex').slice(0, 16);
  const annotations = { ...object.metadata.annotations, [APPLIED]: hash };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
