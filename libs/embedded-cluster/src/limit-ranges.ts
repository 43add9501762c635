// What a LimitRange gives the containers of a pod that do not say it themselves, and what it refuses.
import { child, qosClass } from './defaults.js';
import { kindOf } from './kinds.js';
import { type Json, type JsonObject, type KubeObject, textOf } from './objects.js';
import { formatQuantity, parseQuantity } from './quantities.js';
import { invalidValue, list, type Report } from './reports.js';
import { forbidden } from './status-error.js';

const ANNOTATION = 'kubernetes.io/limit-ranger';

/** The pod with the defaults of all ranges of its namespace; throws a 403 when one of them does not admit it. */
export function applyLimitRanges(ranges: readonly KubeObject[], pod: KubeObject): KubeObject {
  const given = ranges.reduce(withDefaultsOf, pod);
  for (const range of ranges) {
    const wrong = list(range.spec?.limits).flatMap((limit) => complaints(limit, given.spec ?? {}));
    if (wrong.length === 0) continue;
    throw forbidden(kindOf('pods'), pod.metadata.name, wrong.length === 1 ? String(wrong[0]) : `[${wrong.join(', ')}]`);
  }
  return given;
}

function withDefaultsOf(pod: KubeObject, range: KubeObject): KubeObject {
  const ofContainers = list(range.spec?.limits).filter(({ type }) => type === 'Container');
  const limits = Object.assign({}, ...ofContainers.map((limit) => limit.default)) as JsonObject;
  const requests = Object.assign({}, ...ofContainers.map((limit) => limit.defaultRequest)) as JsonObject;
  const set: string[] = [];
  const filled = (container: JsonObject, what: string): JsonObject => {
    const resources = child(container, 'resources');
    const filling = (part: 'requests' | 'limits', defaults: JsonObject): JsonObject => {
      const own = child(resources, part);
      const missing = Object.keys(defaults).filter((resource) => own[resource] === undefined);
      if (missing.length === 0) return {};
      set.push(`${missing.toSorted().join(', ')} ${part.slice(0, -1)} for ${what} ${textOf(container.name)}`);
      return { [part]: { ...defaults, ...own } };
    };
    return {
      ...container,
      resources: { ...resources, ...filling('requests', requests), ...filling('limits', limits) },
    };
  };
  const all = (field: string, what: string): JsonObject => {
    const containers = list(pod.spec?.[field]).map((container) => filled(container, what));
    return containers.length ? { [field]: containers } : {};
  };
  const spec = { ...pod.spec, ...all('containers', 'container'), ...all('initContainers', 'init container') };
  if (set.length === 0) return pod;
  const annotations = { ...pod.metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${set.join('; ')}` };
  const status = { ...pod.status, qosClass: qosClass(spec) };
  return { ...pod, metadata: { ...pod.metadata, annotations }, spec, status };
}

function complaints(limit: JsonObject, spec: JsonObject): string[] {
  const containers = list(spec.containers).map((container) => child(container, 'resources'));
  const initial = list(spec.initContainers).map((container) => child(container, 'resources'));
  if (limit.type === 'Container') return [...containers, ...initial].flatMap((amounts) => unfit(limit, amounts));
  if (limit.type !== 'Pod') return [];
  return unfit(limit, {
    requests: ofPod(containers, initial, 'requests'),
    limits: ofPod(containers, initial, 'limits'),
  });
}

/** The sum of all containers, or what the largest of those needs that run before them. */
function ofPod(containers: readonly JsonObject[], initial: readonly JsonObject[], part: string): JsonObject {
  const total = new Map<string, number>();
  for (const amounts of containers) {
    for (const [resource, amount] of Object.entries(child(amounts, part)))
      total.set(resource, (total.get(resource) ?? 0) + numberOf(amount));
  }
  for (const amounts of initial) {
    for (const [resource, amount] of Object.entries(child(amounts, part)))
      total.set(resource, Math.max(total.get(resource) ?? 0, numberOf(amount)));
  }
  return Object.fromEntries([...total].map(([resource, amount]) => [resource, formatQuantity(amount, resource)]));
}

function unfit(limit: JsonObject, amounts: JsonObject): string[] {
  const [requests, limits] = [child(amounts, 'requests'), child(amounts, 'limits')];
  const asked = (
    bound: string,
    differs: (amount: number) => boolean,
    ...parts: [string, Json | undefined][]
  ): string[] =>
    parts
      .filter(([, amount]) => amount !== undefined && differs(numberOf(amount)))
      .slice(0, 1)
      .map(([part, amount]) => `${bound}, but ${part} is ${textOf(amount)}`);
  const least = Object.entries(child(limit, 'min')).flatMap(([resource, least]) => {
    const bound = `minimum ${resource} usage per ${textOf(limit.type)} is ${textOf(least)}`;
    if (requests[resource] === undefined) return [`${bound}.  No request is specified`];
    const below = (amount: number): boolean => amount < numberOf(least);
    return asked(bound, below, ['request', requests[resource]], ['limit', limits[resource]]);
  });
  const most = Object.entries(child(limit, 'max')).flatMap(([resource, most]) => {
    const bound = `maximum ${resource} usage per ${textOf(limit.type)} is ${textOf(most)}`;
    if (limits[resource] === undefined) return [`${bound}.  No limit is specified`];
    const above = (amount: number): boolean => amount > numberOf(most);
    return asked(bound, above, ['limit', limits[resource]], ['request', requests[resource]]);
  });
  const ratios = Object.entries(child(limit, 'maxLimitRequestRatio')).flatMap(([resource, ratio]) => {
    const bound = `${resource} max limit to request ratio per ${textOf(limit.type)} is ${textOf(ratio)}`;
    const [request, most] = [numberOf(requests[resource]), numberOf(limits[resource])];
    if (request === 0) return [`${bound}, but no request is specified or request is 0`];
    if (most === 0) return [`${bound}, but no limit is specified or limit is 0`];
    return most / request > numberOf(ratio) ? [`${bound}, but provided ratio is ${(most / request).toFixed(6)}`] : [];
  });
  return [...least, ...most, ...ratios];
}

/** Reports where a range contradicts itself. */
export function checkLimitRange(spec: JsonObject, report: Report): void {
  const types = new Set<Json | undefined>();
  list(spec.limits).forEach((limit, index) => {
    const at = `spec.limits[${index}]`;
    if (types.has(limit.type))
      report(`${at}.type`, `Duplicate value: ${JSON.stringify(limit.type)}`, 'FieldValueDuplicate');
    types.add(limit.type);
    const isOfPod = limit.type === 'Pod';
    for (const field of isOfPod ? ['default', 'defaultRequest'] : []) {
      if (limit[field] === undefined) continue;
      report(`${at}.${field}`, "Forbidden: may not be specified when `type` is 'Pod'", 'FieldValueForbidden');
    }
    const fields = ['min', 'max', ...(isOfPod ? [] : ['defaultRequest', 'default']), 'maxLimitRequestRatio'];
    const resources = new Set(fields.flatMap((field) => Object.keys(child(limit, field))));
    for (const resource of resources) checkResource(limit, resource, at, report);
  });
}

function checkResource(limit: JsonObject, resource: string, at: string, report: Report): void {
  const [min, max, ratio] = ['min', 'max', 'maxLimitRequestRatio'].map((field) => child(limit, field)[resource]);
  const [request, most] = ['defaultRequest', 'default'].map((field) => child(limit, field)[resource]);
  // The real server quotes the bound, not the value, of a default.
  const inOrder = (field: string, amount: Json | undefined, lower: [string, Json?], higher: [string, Json?]): void => {
    if (lower[1] === undefined || higher[1] === undefined || numberOf(lower[1]) <= numberOf(higher[1])) return;
    const why = `${lower[0]} value ${textOf(lower[1])} is greater than ${higher[0]} value ${textOf(higher[1])}`;
    report(`${at}.${field}[${resource}]`, invalidValue(amount, why));
  };
  inOrder('min', min, ['min', min], ['max', max]);
  if (limit.type !== 'Pod') {
    inOrder('defaultRequest', request, ['min', min], ['default request', request]);
    inOrder('defaultRequest', request, ['default request', request], ['max', max]);
    inOrder('defaultRequest', request, ['default request', request], ['default limit', most]);
    inOrder('default', min, ['min', min], ['default', most]);
    inOrder('default', max, ['default', most], ['max', max]);
  }
  if (ratio !== undefined && numberOf(ratio) < 1)
    report(`${at}.maxLimitRequestRatio[${resource}]`, invalidValue(ratio, `ratio ${textOf(ratio)} is less than 1`));
}

function numberOf(quantity: Json | undefined): number {
  return typeof quantity === 'string' || typeof quantity === 'number' ? (parseQuantity(quantity) ?? 0) : 0;
}
