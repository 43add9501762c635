import { type Json, type JsonObject, type KubeObject, ownerReference, type Pod, type Service } from '../objects.js';
import { randomSuffix } from '../random-suffix.js';
import type { Registry } from '../registry.js';
import { StatusError } from '../status-error.js';
import type { Change } from '../store.js';
import type { Controller } from './control-loop.js';
import { isActive, isReady } from './pods.js';

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
      .filter((pod) => selects(service, pod) && isActive(pod) && pod.status?.podIP !== undefined);
    const labels = service.metadata.labels ?? {};
    this.write('endpoints', namespace, name, {
      metadata: { name, labels },
      subsets: subsetsOf(service, pods),
    });
    const slice = store
      .ownedBy(service.metadata.uid, 'endpointslices')
      .find((entry) => entry.metadata.labels?.['kubernetes.io/service-name'] === name);
    const sliceName = slice?.metadata.name ?? `${name}-${randomSuffix()}`;
    this.write('endpointslices', namespace, sliceName, {
      metadata: {
        name: sliceName,
        labels: {
          ...labels,
          'kubernetes.io/service-name': name,
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        },
        ownerReferences: [ownerReference(service)],
      },
      addressType: 'IPv4',
      ports: (service.spec.ports ?? []).map((port) => ({
        name: port.name ?? '',
        protocol: port.protocol ?? 'TCP',
        port: targetPort(port.targetPort ?? port.port, pods[0]),
      })),
      endpoints: pods.map((pod) => ({
        addresses: [pod.status?.podIP],
        conditions: { ready: serves(service, pod), serving: isReady(pod), terminating: false },
        nodeName: pod.spec.nodeName,
        targetRef: referenceTo(pod),
      })) as Json,
    });
  }

  private write(resource: 'endpoints' | 'endpointslices', namespace: string, name: string, body: JsonObject): void {
    const existing = this.registry.store.get(resource, namespace, name);
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

function subsetsOf(service: Service, pods: readonly Pod[]): Json {
  if (pods.length === 0) return [];
  const toAddress = (pod: Pod): JsonObject => ({
    ip: pod.status?.podIP,
    nodeName: pod.spec.nodeName,
    targetRef: referenceTo(pod),
  });
  const [ready, waiting] = [pods.filter((pod) => serves(service, pod)), pods.filter((pod) => !serves(service, pod))];
  return [
    {
      ...(ready.length ? { addresses: ready.map(toAddress) } : {}),
      ...(waiting.length ? { notReadyAddresses: waiting.map(toAddress) } : {}),
      ports: (service.spec.ports ?? []).map((port) => ({
        ...(port.name !== undefined ? { name: port.name } : {}),
        port: targetPort(port.targetPort ?? port.port, pods[0]),
        protocol: port.protocol ?? 'TCP',
      })),
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
