import { type Json, type JsonObject, type KubeObject, ownerReference, type Pod, type Service } from '../objects.js';
import type { Registry } from '../registry.js';
import { StatusError } from '../status-error.js';
import type { Change } from '../store.js';
import type { Controller } from './control-loop.js';
import { isActive, isEnded, isReady, isTerminating } from './pods.js';

/** Keeps the Endpoints and the EndpointSlice of every Service with a selector. */
export class PublishEndpoints implements Controller {
  readonly name = 'endpoints-controller';

  constructor(private readonly registry: Registry) {}

  *wake({ resource, object, previous }: Change): Iterable<string> {
    const { namespace, name } = object.metadata;
    if (resource === 'services') yield `${namespace}/${name}`;
    if (resource !== 'pods') return;
    for (const service of this.registry.store.list('services', namespace)) {
      if (selects(service, object) || (previous && selects(service, previous))) {
        yield `${namespace}/${service.metadata.name}`;
      }
    }
  }

  reconcile(key: string): undefined {
    const [namespace = '', name = ''] = key.split('/');
    const { store } = this.registry;
    const service = store.get('services', namespace, name);
    if (!service) {
      if (store.get('endpoints', namespace, name)) this.registry.delete('endpoints', namespace, name);
      return;
    }
    if (!service.spec.selector || service.spec.type === 'ExternalName') return;
    const pods = store
      .list('pods', namespace)
      .filter((pod) => selects(service, pod) && !isEnded(pod) && pod.status?.podIP !== undefined);
    const headless = service.spec.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {};
    const labels = { ...service.metadata.labels, ...headless };
    this.write('endpoints', namespace, name, {
      metadata: { name, labels: { ...labels, 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' } },
      subsets: subsetsOf(service, pods.filter(isActive)),
    });
    const slice = store
      .ownedBy(service.metadata.uid, 'endpointslices')
      .find((entry) => entry.metadata.labels?.['kubernetes.io/service-name'] === name);
    const ports = portsOf(service, pods);
    this.write('endpointslices', namespace, slice?.metadata.name, {
      metadata: {
        ...(slice ? {} : { generateName: `${name}-` }),
        labels: {
          ...labels,
          'kubernetes.io/service-name': name,
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        },
        ownerReferences: [ownerReference(service)],
      },
      addressType: 'IPv4',
      ports: ports.length ? ports.map(({ name: portName = '', ...port }) => ({ name: portName, ...port })) : null,
      endpoints: pods.length ? pods.map((pod) => endpointOf(service, pod)) : null,
    });
  }

  private write(
    resource: 'endpoints' | 'endpointslices',
    namespace: string,
    name: string | undefined,
    body: JsonObject,
  ): void {
    const existing = name === undefined ? undefined : this.registry.store.get(resource, namespace, name);
    if (existing) {
      const { metadata, ...rest } = body as { metadata: JsonObject };
      this.registry.change(resource, existing, (current) => ({
        ...current,
        metadata: { ...current.metadata, ...metadata },
        ...rest,
      }));
      return;
    }
    try {
      this.registry.create(resource, namespace, body);
    } catch (error) {
      // A namespace that ends takes nothing new, and soon the Service is gone, too.
      if (!(error instanceof StatusError)) throw error;
    }
  }
}

function selects(service: Service, object: KubeObject): boolean {
  const entries = Object.entries(service.spec.selector ?? {});
  return entries.length > 0 && entries.every(([key, value]) => object.metadata.labels?.[key] === value);
}

function serves(service: Service, pod: Pod): boolean {
  return isReady(pod) || service.spec.publishNotReadyAddresses === true;
}

/** A pod that goes is listed until its end, but as one that takes no new work. */
function endpointOf(service: Service, pod: Pod): JsonObject {
  const terminating = isTerminating(pod);
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: { ready: serves(service, pod) && !terminating, serving: isReady(pod), terminating },
    nodeName: pod.spec.nodeName,
    targetRef: referenceTo(pod),
  };
}

/** None without pods, whose names of ports they are. */
function portsOf(service: Service, pods: readonly Pod[]): { name?: string; port: number; protocol: string }[] {
  if (pods.length === 0) return [];
  return (service.spec.ports ?? []).map((port) => ({
    ...(port.name !== undefined ? { name: port.name } : {}),
    port: targetPort(port.targetPort ?? port.port, pods[0]),
    protocol: port.protocol ?? 'TCP',
  }));
}

function subsetsOf(service: Service, pods: readonly Pod[]): Json | undefined {
  if (pods.length === 0) return undefined;
  const toAddress = (pod: Pod): JsonObject => ({
    ip: pod.status?.podIP,
    nodeName: pod.spec.nodeName,
    targetRef: referenceTo(pod),
  });
  const [ready, waiting] = [pods.filter((pod) => serves(service, pod)), pods.filter((pod) => !serves(service, pod))];
  const ports = portsOf(service, pods);
  return [
    {
      ...(ready.length ? { addresses: ready.map(toAddress) } : {}),
      ...(waiting.length ? { notReadyAddresses: waiting.map(toAddress) } : {}),
      ...(ports.length ? { ports } : {}),
    },
  ];
}

function targetPort(target: number | string, pod: Pod | undefined): number {
  if (typeof target === 'number') return target;
  const named = pod?.spec.containers.flatMap(({ ports }) => ports ?? []).find(({ name }) => name === target);
  return named?.containerPort ?? 0;
}

function referenceTo({ metadata }: Pod): JsonObject {
  return { kind: 'Pod', namespace: metadata.namespace, name: metadata.name, uid: metadata.uid };
}
