// Owns metrics.k8s.io, which a real cluster has from a metrics-server beside it. Nothing runs here, so what a container uses is made up:
// a tenth of the CPU that it asks for and half of the memory.
import { kindOf } from './kinds.js';
import { type JsonObject, type Pod, textOf, timestamp } from './objects.js';
import { canonicalQuantity, parseQuantity } from './quantities.js';
import type { Registry } from './registry.js';
import type { Matcher } from './selectors.js';
import { methodNotAllowed, notFound, StatusError, unknownPath } from './status-error.js';

const GROUP = 'metrics.k8s.io';
const GROUP_VERSION = `${GROUP}/v1beta1`;
const ROOT = `/apis/${GROUP_VERSION}/`;
const WINDOW = '15s';
/** Of a container that asks for none. */
const ASKED = { cpu: '100m', memory: '64Mi' };
const USED = { cpu: 0.1, memory: 0.5 };

export const metricsGroup = {
  name: GROUP,
  versions: [{ groupVersion: GROUP_VERSION, version: 'v1beta1' }],
  preferredVersion: { groupVersion: GROUP_VERSION, version: 'v1beta1' },
};

export const metricsResources = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: GROUP_VERSION,
  resources: [{ name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] }],
};

export interface MetricsTarget {
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly verb: 'get' | 'list';
}

/** The metrics that a path names, undefined for other paths. Throws for what the group does not serve. */
export function parseMetricsTarget(method: string, { pathname, searchParams }: URL): MetricsTarget | undefined {
  if (!pathname.startsWith(ROOT)) return undefined;
  const match = /^(?:namespaces\/([^/]+)\/)?pods(?:\/([^/]+))?$/.exec(pathname.slice(ROOT.length));
  const [, namespace, name] = match ?? [];
  if (!match || (name !== undefined && namespace === undefined)) throw unknownPath();
  if (method !== 'GET' || searchParams.has('watch')) throw methodNotAllowed();
  return { namespace, name, verb: name === undefined ? 'list' : 'get' };
}

/** What the running pods use; one alone when the target names it. */
export function podMetrics(
  registry: Registry,
  { namespace, name }: MetricsTarget,
  matches: Matcher = () => true,
): JsonObject {
  const head = { apiVersion: GROUP_VERSION };
  if (name !== undefined) {
    const pod = registry.read('pods', namespace, name);
    // The metrics-server keeps only pods of this phase in mind.
    if (pod.status?.phase !== 'Running') throw notFound(kindOf('pods'), name);
    if (!isMeasured(pod)) throw unmeasured(`${namespace}/${name}`);
    return { kind: 'PodMetrics', ...head, ...toMetrics(pod) };
  }
  const pods = registry.store.list('pods', namespace).filter((pod) => isMeasured(pod) && matches(pod));
  return { kind: 'PodMetricsList', ...head, metadata: {}, items: pods.map(toMetrics) };
}

/** A pod of which a container does not run is left out as a whole. */
function isMeasured({ status }: Pod): boolean {
  const containers = status?.containerStatuses ?? [];
  return containers.length > 0 && containers.every(({ state }) => state?.running !== undefined);
}

function toMetrics({ metadata, spec }: Pod): JsonObject {
  const { name, namespace, labels } = metadata;
  return {
    metadata: { name, namespace, creationTimestamp: timestamp(), ...(labels && { labels }) },
    timestamp: timestamp(),
    window: WINDOW,
    containers: spec.containers.map((container) => ({
      name: container.name,
      usage: { cpu: used('cpu', container.resources), memory: used('memory', container.resources) },
    })),
  };
}

function used(resource: 'cpu' | 'memory', resources: JsonObject | undefined): string {
  const requests = resources?.requests as JsonObject | undefined;
  const asked = parseQuantity(textOf(requests?.[resource] ?? ASKED[resource])) ?? 0;
  const amount = asked * USED[resource];
  // As the metrics-server counts: billionths of a CPU, and KiB.
  return canonicalQuantity(resource === 'cpu' ? `${Math.round(amount * 1e9)}n` : `${Math.round(amount / 1024)}Ki`);
}

function unmeasured(name: string): StatusError {
  return notFound({ ...kindOf('pods'), group: GROUP, resource: 'podmetrics' as never }, name);
}
