// The defaults that the real server fills in, as far as clients and controllers look at them. Filling in twice changes nothing:
// server-side apply relies on that to see that an application is equal to what lives.
import type { ResourceName } from './kinds.js';
import { isJsonObject, type Json, type JsonObject, textOf } from './objects.js';

export function withDefaults(resource: ResourceName, object: JsonObject): JsonObject {
  const fill = defaultsByResource[resource];
  return fill ? fill(object) : object;
}

const eightyPercent: JsonObject = {
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
};

const defaultsByResource: Partial<Record<ResourceName, (object: JsonObject) => JsonObject>> = {
  namespaces: (object) => ({
    ...object,
    metadata: {
      ...child(object, 'metadata'),
      labels: {
        ...child(child(object, 'metadata'), 'labels'),
        'kubernetes.io/metadata.name': child(object, 'metadata').name,
      },
    },
    spec: { finalizers: ['kubernetes'], ...child(object, 'spec') },
    status: { phase: 'Active', ...child(object, 'status') },
  }),
  pods: (object) => {
    const spec = { enableServiceLinks: true, ...withRequests(podSpec(child(object, 'spec'))) };
    return { ...object, spec, status: { phase: 'Pending', qosClass: qosClass(spec), ...child(object, 'status') } };
  },
  events: (object) => ({
    eventTime: null,
    firstTimestamp: null,
    lastTimestamp: null,
    reportingComponent: '',
    reportingInstance: '',
    source: {},
    ...object,
  }),
  deployments: (object) => {
    const spec = child(object, 'spec');
    const strategy = child(spec, 'strategy');
    const type = strategy.type ?? 'RollingUpdate';
    const rollingUpdate = { maxSurge: '25%', maxUnavailable: '25%', ...child(strategy, 'rollingUpdate') };
    return {
      ...object,
      status: child(object, 'status'),
      spec: {
        replicas: 1,
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
        ...spec,
        strategy: type === 'RollingUpdate' ? { ...strategy, type, rollingUpdate } : { ...strategy, type },
        ...template(spec),
      },
    };
  },
  replicasets: (object) => {
    const spec = child(object, 'spec');
    const status = { replicas: 0, ...child(object, 'status') };
    return { ...object, spec: { replicas: 1, ...spec, ...template(spec) }, status };
  },
  jobs: (object) => {
    const spec = child(object, 'spec');
    return {
      ...object,
      status: child(object, 'status'),
      spec: {
        parallelism: 1,
        completions: 1,
        backoffLimit: 6,
        completionMode: 'NonIndexed',
        suspend: false,
        manualSelector: false,
        podReplacementPolicy: 'TerminatingOrFailed',
        ...spec,
        ...template(spec),
      },
    };
  },
  services: (object) => {
    const spec = child(object, 'spec');
    const ports = objects(spec.ports).map((port) => ({ protocol: 'TCP', targetPort: port.port, ...port }));
    const addressed = {
      ...(spec.type !== 'ExternalName' ? { internalTrafficPolicy: 'Cluster' } : {}),
      ...(spec.type === 'NodePort' || spec.type === 'LoadBalancer' ? { externalTrafficPolicy: 'Cluster' } : {}),
      ...(spec.type === 'LoadBalancer' ? { allocateLoadBalancerNodePorts: true } : {}),
    };
    return {
      ...object,
      spec: { type: 'ClusterIP', sessionAffinity: 'None', ...addressed, ...spec, ...(ports.length ? { ports } : {}) },
      status: { loadBalancer: {}, ...child(object, 'status') },
    };
  },
  secrets: (object) => {
    const { stringData, ...rest } = object;
    const data: JsonObject = { ...child(object, 'data') };
    for (const [key, value] of Object.entries(isJsonObject(stringData) ? stringData : {})) {
      data[key] = Buffer.from(textOf(value)).toString('base64');
    }
    return { type: 'Opaque', ...rest, ...(Object.keys(data).length || 'data' in object ? { data } : {}) };
  },
  networkpolicies: (object) => {
    const spec = child(object, 'spec');
    return {
      ...object,
      spec: { policyTypes: 'egress' in spec ? ['Ingress', 'Egress'] : ['Ingress'], podSelector: {}, ...spec },
    };
  },
  resourcequotas: (object) => ({ ...object, status: child(object, 'status') }),
  ingresses: (object) => ({ ...object, status: { loadBalancer: {}, ...child(object, 'status') } }),
  limitranges: (object) => {
    const spec = child(object, 'spec');
    const limits = objects(spec.limits).map((limit) => {
      if (limit.type !== 'Container') return limit;
      const defaults = { ...child(limit, 'max'), ...child(limit, 'default') };
      const defaultRequest = { ...child(limit, 'min'), ...defaults, ...child(limit, 'defaultRequest') };
      return {
        ...limit,
        ...(Object.keys(defaults).length ? { default: defaults } : {}),
        ...(Object.keys(defaultRequest).length ? { defaultRequest } : {}),
      };
    });
    return { ...object, spec: { ...spec, limits: limits.length ? limits : null } };
  },
  horizontalpodautoscalers: (object) => ({
    ...object,
    spec: { minReplicas: 1, metrics: [eightyPercent], ...child(object, 'spec') },
  }),
};

/** A pod requests what limits it; a template does not. */
function withRequests(spec: JsonObject): JsonObject {
  const requesting = (field: string): JsonObject =>
    Array.isArray(spec[field])
      ? {
          [field]: objects(spec[field]).map((entry) => {
            const resources = child(entry, 'resources');
            const requests = { ...child(resources, 'limits'), ...child(resources, 'requests') };
            return Object.keys(requests).length ? { ...entry, resources: { ...resources, requests } } : entry;
          }),
        }
      : {};
  return { ...spec, ...requesting('containers'), ...requesting('initContainers') };
}

/** Of a pod whose containers have their defaults. */
export function qosClass(spec: JsonObject): string {
  const all = [...objects(spec.containers), ...objects(spec.initContainers)].map((entry) => child(entry, 'resources'));
  const amounts = all.map((entry) => ({ requests: child(entry, 'requests'), limits: child(entry, 'limits') }));
  if (amounts.every(({ requests, limits }) => Object.keys({ ...requests, ...limits }).length === 0))
    return 'BestEffort';
  const guaranteed = amounts.every(({ requests, limits }) =>
    ['cpu', 'memory'].every((name) => limits[name] !== undefined && (requests[name] ?? limits[name]) === limits[name]),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function template(spec: JsonObject): JsonObject {
  if (!isJsonObject(spec.template)) return {};
  return { template: { ...spec.template, spec: podSpec(child(spec.template, 'spec')) } };
}

function podSpec(spec: JsonObject): JsonObject {
  const containers = (field: string): JsonObject =>
    Array.isArray(spec[field]) ? { [field]: objects(spec[field]).map(container) } : {};
  return {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    terminationGracePeriodSeconds: 30,
    schedulerName: 'default-scheduler',
    securityContext: {},
    ...spec,
    ...containers('containers'),
    ...containers('initContainers'),
    ...(Array.isArray(spec.volumes) ? { volumes: objects(spec.volumes).map(volume) } : {}),
  };
}

/** Files of a Secret or ConfigMap are read by everybody in the container. */
function volume(spec: JsonObject): JsonObject {
  const sources = ['secret', 'configMap', 'downwardAPI', 'projected'].flatMap((name) =>
    isJsonObject(spec[name]) ? [[name, { defaultMode: 0o644, ...spec[name] }] as const] : [],
  );
  return { ...spec, ...Object.fromEntries(sources) };
}

function container(spec: JsonObject): JsonObject {
  const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((name) =>
    isJsonObject(spec[name]) ? [[name, probe(spec[name])] as const] : [],
  );
  return {
    imagePullPolicy: /:(?!latest$)[^/:]+$|@sha256:/.test(textOf(spec.image)) ? 'IfNotPresent' : 'Always',
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    ...spec,
    resources: child(spec, 'resources'),
    ...(Array.isArray(spec.ports) ? { ports: objects(spec.ports).map((port) => ({ protocol: 'TCP', ...port })) } : {}),
    ...Object.fromEntries(probes),
  };
}

function probe(spec: JsonObject): JsonObject {
  const httpGet = isJsonObject(spec.httpGet) ? { httpGet: { path: '/', scheme: 'HTTP', ...spec.httpGet } } : {};
  return { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3, ...spec, ...httpGet };
}

/** A field that holds an object; empty when it does not. */
export function child(object: JsonObject, field: string): JsonObject {
  const value = object[field];
  return isJsonObject(value) ? value : {};
}

function objects(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
