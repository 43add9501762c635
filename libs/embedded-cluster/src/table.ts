// `kubectl get` asks the server for tables. The columns are those of the real server, for the kinds that people look at.
import type { ResourceName } from './kinds.js';
import { isJsonObject, type Json, type JsonObject, type KubeObject, type Pod } from './objects.js';

interface Column {
  readonly name: string;
  readonly type?: string;
  readonly format?: string;
  /** 1: only with `-o wide`. */
  readonly priority?: number;
  readonly cell: (object: KubeObject) => Json;
}

/** The table of these objects; rows carry the object's metadata, or all of it, or nothing. Later tables of a watch have no columns. */
export function toTable(
  resource: ResourceName,
  objects: readonly KubeObject[],
  metadata: JsonObject,
  include: string | null,
  withColumns = true,
): JsonObject {
  const columns = resource === 'events' ? eventColumns : [nameColumn, ...(columnsByResource[resource] ?? [age])];
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: withColumns
      ? columns.map(({ name, type = 'string', format = '', priority = 0 }) => ({
          name,
          type,
          format,
          description: '',
          priority,
        }))
      : null,
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.cell(object)),
      object: include === 'None' ? null : include === 'Object' ? object : toPartial(object),
    })),
  };
}

/** An object without what it holds. */
export function toPartial({ metadata }: KubeObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}

export function toPartialList(objects: readonly KubeObject[], metadata: JsonObject): JsonObject {
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    // Of none the real server says so.
    items: objects.length > 0 ? objects.map(toPartial) : null,
  };
}

const nameColumn: Column = { name: 'Name', format: 'name', cell: (object) => object.metadata.name };
const age: Column = { name: 'Age', cell: (object) => since(object.metadata.creationTimestamp) };

const number = (name: string, path: string): Column => ({
  name,
  type: 'integer',
  cell: (object) => count(object, path),
});
const containers: Column[] = [
  { name: 'Containers', priority: 1, cell: (object) => templateContainers(object, 'name') },
  { name: 'Images', priority: 1, cell: (object) => templateContainers(object, 'image') },
  { name: 'Selector', priority: 1, cell: (object) => pairs(at(object, 'spec.selector.matchLabels')) },
];

/** The only ones that do not begin with the name. */
const eventColumns: Column[] = [
  { name: 'Last Seen', cell: (object) => since(lastSeen(object)) },
  { name: 'Type', cell: (object) => join(at(object, 'type')) },
  { name: 'Reason', cell: (object) => join(at(object, 'reason')) },
  {
    name: 'Object',
    cell: (object) =>
      `${join(at(object, 'involvedObject.kind')).toLowerCase()}/${join(at(object, 'involvedObject.name'))}`,
  },
  { name: 'Subobject', priority: 1, cell: (object) => join(at(object, 'involvedObject.fieldPath')) },
  {
    name: 'Source',
    priority: 1,
    cell: (object) =>
      [
        join(at(object, 'source.component')) || join(at(object, 'reportingComponent')),
        join(at(object, 'source.host')) || join(at(object, 'reportingInstance')),
      ]
        .filter((part) => part !== '')
        .join(', '),
  },
  { name: 'Message', cell: (object) => join(at(object, 'message')).trim() },
  { name: 'First Seen', priority: 1, cell: (object) => since(firstSeen(object)) },
  {
    name: 'Count',
    priority: 1,
    cell: (object) => count(object, 'series.count') || count(object, 'count') || 1,
  },
  { ...nameColumn, priority: 1 },
];

function firstSeen(object: JsonObject): string {
  return join(at(object, 'firstTimestamp')) || join(at(object, 'eventTime'));
}

function lastSeen(object: JsonObject): string {
  return join(at(object, 'series.lastObservedTime')) || join(at(object, 'lastTimestamp')) || firstSeen(object);
}

/** `pods: 2/10, …`: of a quota what is used and what is allowed, its limits apart from its requests. */
function quotaCell(object: KubeObject, limits: boolean): string {
  const [hard, used] = [at(object, 'status.hard'), at(object, 'status.used')];
  return Object.keys(isJsonObject(hard) ? hard : {})
    .sort()
    .filter((resource) => resource.startsWith('limits.') === limits)
    .map((resource) => {
      const [most, now] = [hard, used].map((amounts) => (isJsonObject(amounts) ? join(amounts[resource]) : ''));
      return `${resource}: ${now || '0'}/${most}`;
    })
    .join(', ');
}

/** The first three, and how many more there are. */
function firstOf(texts: readonly string[], none: string): string {
  const more = texts.length > 3 ? ` + ${texts.length - 3} more...` : '';
  return texts.slice(0, 3).join(',') + more || none;
}

/** A HorizontalPodAutoscaler's metric, whose value is unknown: nothing is measured here. */
function targetCell(metric: JsonObject): string {
  const target = isJsonObject(metric.resource) && isJsonObject(metric.resource.target) ? metric.resource.target : {};
  const wanted = join(target.averageUtilization) ? `${join(target.averageUtilization)}%` : join(target.averageValue);
  return isJsonObject(metric.resource) ? `${join(metric.resource.name)}: <unknown>/${wanted}` : '<unknown>';
}

const columnsByResource: Partial<Record<ResourceName, readonly Column[]>> = {
  pods: [
    {
      name: 'Ready',
      cell: (object) => {
        const statuses = items(at(object, 'status.containerStatuses'));
        return `${statuses.filter((status) => status.ready === true).length}/${items(at(object, 'spec.containers')).length}`;
      },
    },
    { name: 'Status', cell: (object) => podState(object as Pod) },
    { name: 'Restarts', cell: (object) => restarts(object as Pod) },
    age,
    { name: 'IP', priority: 1, cell: (object) => text(object, 'status.podIP') },
    { name: 'Node', priority: 1, cell: (object) => text(object, 'spec.nodeName') },
    { name: 'Nominated Node', priority: 1, cell: () => '<none>' },
    { name: 'Readiness Gates', priority: 1, cell: () => '<none>' },
  ],
  deployments: [
    { name: 'Ready', cell: (object) => `${count(object, 'status.readyReplicas')}/${count(object, 'spec.replicas')}` },
    { name: 'Up-to-date', cell: (object) => count(object, 'status.updatedReplicas') },
    { name: 'Available', cell: (object) => count(object, 'status.availableReplicas') },
    age,
    ...containers,
  ],
  replicasets: [
    number('Desired', 'spec.replicas'),
    number('Current', 'status.replicas'),
    number('Ready', 'status.readyReplicas'),
    age,
    ...containers,
  ],
  jobs: [
    { name: 'Status', cell: jobState },
    {
      name: 'Completions',
      cell: (object) => `${count(object, 'status.succeeded')}/${count(object, 'spec.completions')}`,
    },
    {
      name: 'Duration',
      cell: (object) => {
        const [start, end] = [at(object, 'status.startTime'), at(object, 'status.completionTime')];
        return typeof start === 'string' ? since(start, typeof end === 'string' ? Date.parse(end) : Date.now()) : '';
      },
    },
    age,
    ...containers,
  ],
  services: [
    { name: 'Type', cell: (object) => text(object, 'spec.type') },
    { name: 'Cluster-IP', cell: (object) => text(object, 'spec.clusterIP') },
    {
      name: 'External-IP',
      cell: (object) => {
        if (at(object, 'spec.type') === 'ExternalName') return text(object, 'spec.externalName');
        const found = addresses(at(object, 'status.loadBalancer.ingress'));
        return found || (at(object, 'spec.type') === 'LoadBalancer' ? '<pending>' : '<none>');
      },
    },
    {
      name: 'Port(s)',
      cell: (object) =>
        items(at(object, 'spec.ports'))
          .map((port) => `${join(port.port)}${port.nodePort ? `:${join(port.nodePort)}` : ''}/${join(port.protocol)}`)
          .join(',') || '<none>',
    },
    age,
    { name: 'Selector', priority: 1, cell: (object) => pairs(at(object, 'spec.selector')) },
  ],
  endpoints: [
    {
      name: 'Endpoints',
      cell: (object) =>
        firstOf(
          items((object as JsonObject).subsets).flatMap((subset) =>
            items(subset.addresses).flatMap((address) =>
              items(subset.ports).map((port) => `${join(address.ip)}:${join(port.port)}`),
            ),
          ),
          '<none>',
        ),
    },
    age,
  ],
  endpointslices: [
    { name: 'AddressType', cell: (object) => join(at(object, 'addressType')) },
    {
      name: 'Ports',
      cell: (object) =>
        firstOf(
          items(at(object, 'ports')).map((port) => join(port.port)),
          '<unset>',
        ),
    },
    {
      name: 'Endpoints',
      cell: (object) =>
        firstOf(
          items(at(object, 'endpoints')).flatMap(({ addresses }) =>
            (Array.isArray(addresses) ? addresses : []).map(join),
          ),
          '<unset>',
        ),
    },
    age,
  ],
  resourcequotas: [
    { name: 'Request', cell: (object) => quotaCell(object, false) },
    { name: 'Limit', cell: (object) => quotaCell(object, true) },
    age,
  ],
  limitranges: [{ name: 'Created At', type: 'date', cell: (object) => object.metadata.creationTimestamp }],
  networkpolicies: [{ name: 'Pod-Selector', cell: (object) => pairs(at(object, 'spec.podSelector.matchLabels')) }, age],
  ingressclasses: [
    { name: 'Controller', cell: (object) => join(at(object, 'spec.controller')) },
    { name: 'Parameters', cell: () => '<none>' },
    age,
  ],
  leases: [{ name: 'Holder', cell: (object) => join(at(object, 'spec.holderIdentity')) }, age],
  horizontalpodautoscalers: [
    {
      name: 'Reference',
      cell: (object) =>
        `${join(at(object, 'spec.scaleTargetRef.kind'))}/${join(at(object, 'spec.scaleTargetRef.name'))}`,
    },
    { name: 'Targets', cell: (object) => items(at(object, 'spec.metrics')).map(targetCell).join(', ') || '<none>' },
    { name: 'MinPods', cell: (object) => join(at(object, 'spec.minReplicas')) || '<unset>' },
    { name: 'MaxPods', cell: (object) => count(object, 'spec.maxReplicas') },
    { name: 'Replicas', cell: (object) => count(object, 'status.currentReplicas') },
    age,
  ],
  namespaces: [{ name: 'Status', cell: (object) => text(object, 'status.phase') }, age],
  nodes: [
    {
      name: 'Status',
      cell: (object) =>
        items(at(object, 'status.conditions')).some(({ type, status }) => type === 'Ready' && status === 'True')
          ? 'Ready'
          : 'NotReady',
    },
    {
      name: 'Roles',
      cell: (object) =>
        Object.keys(object.metadata.labels ?? {})
          .filter((label) => label.startsWith('node-role.kubernetes.io/'))
          .map((label) => label.slice('node-role.kubernetes.io/'.length))
          .join(',') || '<none>',
    },
    age,
    { name: 'Version', cell: (object) => text(object, 'status.nodeInfo.kubeletVersion') },
    {
      name: 'Internal-IP',
      priority: 1,
      cell: (object) =>
        join(items(at(object, 'status.addresses')).find(({ type }) => type === 'InternalIP')?.address) || '<none>',
    },
    { name: 'External-IP', priority: 1, cell: () => '<none>' },
    { name: 'OS-Image', priority: 1, cell: (object) => text(object, 'status.nodeInfo.osImage') },
    { name: 'Kernel-Version', priority: 1, cell: (object) => text(object, 'status.nodeInfo.kernelVersion') },
    {
      name: 'Container-Runtime',
      priority: 1,
      cell: (object) => text(object, 'status.nodeInfo.containerRuntimeVersion'),
    },
  ],
  secrets: [
    { name: 'Type', cell: (object) => text(object, 'type') },
    { name: 'Data', cell: (object) => size(at(object, 'data')) },
    age,
  ],
  configmaps: [{ name: 'Data', cell: (object) => size(at(object, 'data')) + size(at(object, 'binaryData')) }, age],
  ingresses: [
    { name: 'Class', cell: (object) => text(object, 'spec.ingressClassName') },
    {
      name: 'Hosts',
      cell: (object) =>
        firstOf(
          items(at(object, 'spec.rules')).map((rule) => join(rule.host) || '*'),
          '*',
        ),
    },
    { name: 'Address', cell: (object) => addresses(at(object, 'status.loadBalancer.ingress')) },
    { name: 'Ports', cell: (object) => (items(at(object, 'spec.tls')).length ? '80, 443' : '80') },
    age,
  ],
};

/** What `kubectl get pods` shows as the status: why a container does not run, or has not been started yet, else the phase. */
export function podState({ metadata, spec, status }: Pod): string {
  const ended = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  if (metadata.deletionTimestamp !== undefined && !ended) return 'Terminating';
  const initial = status?.initContainerStatuses ?? [];
  const open = initial.findIndex(({ state }) => state.terminated?.exitCode !== 0);
  const { state } = initial[open] ?? {};
  if (state?.terminated) return `Init:${state.terminated.reason}`;
  if (state?.waiting && state.waiting.reason !== 'PodInitializing') return `Init:${state.waiting.reason}`;
  if (state) return `Init:${open}/${spec.initContainers?.length ?? 0}`;

  const containers = status?.containerStatuses ?? [];
  const reasons = containers.map(({ state }) => state.waiting?.reason ?? state.terminated?.reason);
  const first = reasons.find((reason) => reason !== undefined) ?? status?.reason ?? status?.phase ?? 'Pending';
  if (first !== 'Completed' || !containers.some(({ ready, state }) => ready && state.running)) return first;
  const ready = items(status?.conditions).some(({ type, status }) => type === 'Ready' && status === 'True');
  return ready ? 'Running' : 'NotReady';
}

function restarts(pod: Pod): string {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const initialized = initContainerStatuses.every(({ state }) => state.terminated?.exitCode === 0);
  const statuses = initialized ? containerStatuses : initContainerStatuses;
  const total = statuses.reduce((sum, status) => sum + status.restartCount, 0);
  const last = statuses
    .map(({ lastState }) => lastState.terminated?.finishedAt ?? '')
    .reduce((a, b) => (a > b ? a : b), '');
  return total > 0 && last ? `${total} (${since(last)} ago)` : String(total);
}

function jobState(object: KubeObject): string {
  const conditions = items(at(object, 'status.conditions')).filter(({ status }) => status === 'True');
  const ended = conditions.find(({ type }) => type === 'Complete' || type === 'Failed' || type === 'Suspended');
  return ended ? join(ended.type) : 'Running';
}

/** An age as kubectl writes it: 5s, 3m20s, 47m, 5h12m, 2d4h, 12d. */
export function since(timestamp: string, now: number = Date.now()): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(timestamp)) / 1000));
  if (Number.isNaN(seconds)) return '<unknown>';
  const two = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
    small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's');
  if (hours < 3) return `${minutes}m`;
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  if (days < 8) return two(days, 'd', hours % 24, 'h');
  return days < 730 ? `${days}d` : two(Math.floor(days / 365), 'y', days % 365, 'd');
}

function at(object: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = object;
  for (const step of path.split('.')) value = isJsonObject(value) ? value[step] : undefined;
  return value;
}

function text(object: JsonObject, path: string): string {
  return join(at(object, path)) || '<none>';
}

function join(value: Json | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function count(object: JsonObject, path: string): number {
  return Number(at(object, path) ?? 0);
}

function size(value: Json | undefined): number {
  return isJsonObject(value) ? Object.keys(value).length : 0;
}

function items(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function pairs(value: Json | undefined): string {
  const entries = Object.entries(isJsonObject(value) ? value : {});
  return entries.map(([key, part]) => `${key}=${join(part)}`).join(',') || '<none>';
}

function addresses(value: Json | undefined): string {
  return items(value)
    .map((entry) => join(entry.ip) || join(entry.hostname))
    .join(',');
}

function templateContainers(object: JsonObject, field: string): string {
  return items(at(object, 'spec.template.spec.containers'))
    .map((container) => join(container[field]))
    .join(',');
}
