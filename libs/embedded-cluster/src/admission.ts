// What is decided about a new object beyond its own fields: its namespace must be alive, limits must be kept, and some values are
// handed out by the cluster (addresses, node ports, the labels that tie a Job to its pods).
import { admitPod } from './admit-pod.js';
import { type Kind, kindOf } from './kinds.js';
import { applyLimitRanges } from './limit-ranges.js';
import { isJsonObject, type Json, type JsonObject, type KubeObject } from './objects.js';
import { forbidden, notFound } from './status-error.js';
import type { Store } from './store.js';

export class Admission {
  private addresses = 0;
  private nodePorts = 0;

  constructor(private readonly store: Store) {}

  /** Throws, or returns the object as it is stored. */
  admit(kind: Kind, object: KubeObject): KubeObject {
    const { namespace, name } = object.metadata;
    if (kind.namespaced && namespace !== undefined) this.checkNamespace(kind, namespace, name);
    if (kind.resource === 'pods' && namespace !== undefined) {
      return admitPod(applyLimitRanges(this.store.list('limitranges', namespace), object));
    }
    if (kind.resource === 'services') return { ...object, spec: this.withAddress(object.spec ?? {}) };
    if (kind.resource === 'jobs') return withJobLabels(object);
    return object;
  }

  /** Services keep what they were given when a later write leaves it out. */
  keepAllocated(kind: Kind, object: KubeObject, previous: KubeObject): KubeObject {
    if (kind.resource !== 'services') return object;
    const before = previous.spec ?? {};
    const spec = object.spec ?? {};
    if (spec.type === 'ExternalName' || before.clusterIP === undefined)
      return { ...object, spec: this.withAddress(spec) };
    const kept = {
      clusterIP: before.clusterIP,
      clusterIPs: before.clusterIPs,
      ipFamilies: before.ipFamilies,
      ipFamilyPolicy: before.ipFamilyPolicy,
    };
    const wanted = { ...kept, ...spec };
    return {
      ...object,
      spec: this.withAddress(spec.type === 'ClusterIP' ? withoutNodePorts(wanted) : wanted, before.ports),
    };
  }

  private checkNamespace(kind: Kind, namespace: string, name: string): void {
    const found = this.store.get('namespaces', undefined, namespace);
    if (!found) throw notFound(kindOf('namespaces'), namespace);
    if (found.metadata.deletionTimestamp === undefined) return;
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    const message = `namespace ${namespace} is being terminated`;
    throw forbidden(kind, name, why, [{ reason: 'NamespaceTerminating', message, field: 'metadata.namespace' }]);
  }

  private withAddress(spec: JsonObject, portsBefore?: Json): JsonObject {
    if (spec.type === 'ExternalName') return spec;
    const clusterIP = typeof spec.clusterIP === 'string' && spec.clusterIP !== '' ? spec.clusterIP : this.nextAddress();
    const addressed = {
      ...spec,
      clusterIP,
      clusterIPs: [clusterIP],
      // Whoever lists the addresses of a headless service by hand may list those of both families.
      ...(clusterIP === 'None' && spec.selector === undefined
        ? { ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' }
        : { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' }),
    };
    if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') return addressed;
    const before = Array.isArray(portsBefore) ? portsBefore.filter(isJsonObject) : [];
    const ports = (Array.isArray(spec.ports) ? spec.ports : []).filter(isJsonObject).map((port) => {
      const nodePort = port.nodePort ?? before.find((old) => old.port === port.port)?.nodePort;
      return { ...port, nodePort: nodePort ?? 30_000 + (this.nodePorts++ % 2768) };
    });
    return { ...addressed, ports };
  }

  private nextAddress(): string {
    this.addresses += 1;
    return `10.96.${(this.addresses >> 8) & 255}.${this.addresses & 255}`;
  }
}

/** A service that is reached inside the cluster alone keeps nothing of the time when it was reached from outside. */
function withoutNodePorts({
  externalTrafficPolicy: _policy,
  allocateLoadBalancerNodePorts: _allocate,
  ...spec
}: JsonObject): JsonObject {
  const ports = (Array.isArray(spec.ports) ? spec.ports : []).filter(isJsonObject);
  return { ...spec, ...(ports.length ? { ports: ports.map(({ nodePort: _nodePort, ...port }) => port) } : {}) };
}

function withJobLabels(job: KubeObject): KubeObject {
  const spec = job.spec ?? {};
  if (spec.selector !== undefined) return job;
  const { uid, name } = job.metadata;
  const labels = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  const template = isJsonObject(spec.template) ? spec.template : {};
  const metadata = isJsonObject(template.metadata) ? template.metadata : {};
  const given = isJsonObject(metadata.labels) ? metadata.labels : {};
  return {
    ...job,
    metadata: { ...job.metadata, labels: { ...job.metadata.labels, ...labels } },
    spec: {
      ...spec,
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
      template: { ...template, metadata: { ...metadata, labels: { ...given, ...labels } } },
    },
  };
}
