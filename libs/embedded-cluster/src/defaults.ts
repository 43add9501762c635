// The defaults that the real server fills in, as far as clients and controllers look at them. Filling in twice changes nothing:
// server-side apply relies on that to see that an application is equal to what lives.
import type { ResourceName } from './kinds.js';
import { isJsonObject, type Json, type JsonObject, textOf } from './objects.js';

export function withDefaults(resource: ResourceName, object: JsonObject): JsonObject {
  const fill = defaultsByResource[resource];
  return fill ? fill(object) : object;
}

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
  pods: (object) => ({
    ...object,
    spec: podSpec(child(object, 'spec')),
    status: { phase: 'Pending', ...child(object, 'status') },
  }),
  deployments: (object) => {
    const spec = child(object, 'spec');
    const strategy = child(spec, 'strategy');
    const type = strategy.type ?? 'RollingUpdate';
    const rollingUpdate = { maxSurge: '25%', maxUnavailable: '25%', ...child(strategy, 'rollingUpdate') };
    return {
      ...object,
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
    return { ...object, spec: { replicas: 1, ...spec, ...template(spec) } };
  },
  jobs: (object) => {
    const spec = child(object, 'spec');
    return {
      ...object,
      spec: {
        parallelism: 1,
        completions: 1,
        backoffLimit: 6,
        completionMode: 'NonIndexed',
        suspend: false,
        ...spec,
        ...template(spec),
      },
    };
  },
  services: (object) => {
    const spec = child(object, 'spec');
    const ports = objects(spec.ports).map((port) => ({ protocol: 'TCP', targetPort: port.port, ...port }));
    const addressed = spec.type !== 'ExternalName' ? { internalTrafficPolicy: 'Cluster' } : {};
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
    return { ...object, spec: { ...spec, limits } };
  },
  horizontalpodautoscalers: (object) => ({ ...object, spec: { minReplicas: 1, ...child(object, 'spec') } }),
};

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
  };
}

function container(spec: JsonObject): JsonObject {
  const limits = child(child(spec, 'resources'), 'limits');
  const requests = { ...limits, ...child(child(spec, 'resources'), 'requests') };
  const resources = { ...child(spec, 'resources'), ...(Object.keys(requests).length ? { requests } : {}) };
  const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((name) =>
    isJsonObject(spec[name]) ? [[name, probe(spec[name])] as const] : [],
  );
  return {
    imagePullPolicy: /:(?!latest$)[^/:]+$|@sha256:/.test(textOf(spec.image)) ? 'IfNotPresent' : 'Always',
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    ...spec,
    resources,
    ...(Array.isArray(spec.ports) ? { ports: objects(spec.ports).map((port) => ({ protocol: 'TCP', ...port })) } : {}),
    ...Object.fromEntries(probes),
  };
}

function probe(spec: JsonObject): JsonObject {
  const httpGet = isJsonObject(spec.httpGet) ? { httpGet: { path: '/', scheme: 'HTTP', ...spec.httpGet } } : {};
  return { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3, ...spec, ...httpGet };
}

function child(object: JsonObject, field: string): JsonObject {
  const value = object[field];
  return isJsonObject(value) ? value : {};
}

function objects(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
