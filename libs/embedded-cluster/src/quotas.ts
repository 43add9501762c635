// What a ResourceQuota counts: objects by their kind, and what pods request and may use at most.
import { type Kind, kindOf, kinds, qualifiedResource } from './kinds.js';
import { isJsonObject, type Json, type JsonObject, type KubeObject, type ResourceQuota, textOf } from './objects.js';
import { formatQuantity, parseQuantity } from './quantities.js';
import { forbidden } from './status-error.js';
import type { Store } from './store.js';

/** Kinds with a name of their own beside `count/<resource>`. */
const named = new Set(['pods', 'services', 'secrets', 'configmaps', 'resourcequotas']);

/** What is used of everything that a quota limits. */
export function usedOf(store: Store, quota: ResourceQuota): Record<string, string> {
  const { namespace } = quota.metadata;
  const total = new Map<string, number>();
  for (const kind of kinds.filter(({ namespaced }) => namespaced)) {
    for (const object of store.list(kind.resource, namespace)) {
      for (const [name, amount] of usageOf(kind, object)) total.set(name, (total.get(name) ?? 0) + amount);
    }
  }
  const used = Object.keys(quota.spec.hard ?? {}).map((name) => [name, formatQuantity(total.get(name) ?? 0, name)]);
  return Object.fromEntries(used) as Record<string, string>;
}

/** Throws a 403 when a new object does not fit into a quota of its namespace. */
export function checkQuotas(store: Store, kind: Kind, object: KubeObject): void {
  const { namespace, name } = object.metadata;
  if (namespace === undefined) return;
  const usage = usageOf(kind, object);
  for (const quota of store.list('resourcequotas', namespace)) {
    const hard = quota.spec.hard ?? {};
    const limited = Object.keys(hard)
      .filter((resource) => usage.has(resource))
      .sort();
    if (kind.resource === 'pods') checkSpecified(quota, object);
    const used = usedOf(store, quota);
    const number = (text: string | number | undefined): number => parseQuantity(text ?? 0) ?? 0;
    const exceeded = limited.filter(
      (resource) => (usage.get(resource) ?? 0) + number(used[resource]) > number(hard[resource]),
    );
    if (exceeded.length === 0) continue;
    const show = (amount: (resource: string) => string): string =>
      exceeded.map((resource) => `${resource}=${amount(resource)}`).join(',');
    const why = [
      `exceeded quota: ${quota.metadata.name}`,
      `requested: ${show((resource) => formatQuantity(usage.get(resource) ?? 0, resource))}`,
      `used: ${show((resource) => used[resource] ?? '0')}`,
      `limited: ${show((resource) => textOf(hard[resource]))}`,
    ];
    throw forbidden(kind, name, why.join(', '));
  }
}

/** A quota of requests or limits admits only pods that say what they are. */
function checkSpecified(quota: ResourceQuota, pod: KubeObject): void {
  const missing = new Map<string, string[]>();
  for (const limited of Object.keys(quota.spec.hard ?? {}).sort()) {
    const [, part = 'requests', resource = ''] = /^(?:(requests|limits)\.)?(cpu|memory)$/.exec(limited) ?? [];
    if (!resource) continue;
    const lacking = containersOf(pod).filter((container) => amountsOf(container, part)[resource] === undefined);
    if (lacking.length)
      missing.set(
        limited,
        lacking.map(({ name }) => textOf(name)),
      );
  }
  if (missing.size === 0) return;
  const texts = [...missing].map(([resource, names]) => `${resource} for: ${names.join(',')}`);
  throw forbidden(
    kindOf('pods'),
    pod.metadata.name,
    `failed quota: ${quota.metadata.name}: must specify ${texts.join('; ')}`,
  );
}

function usageOf(kind: Kind, object: KubeObject): Map<string, number> {
  const usage = new Map([[`count/${qualifiedResource(kind)}`, 1]]);
  if (kind.resource === 'pods') {
    const phase = object.status?.phase;
    if (phase === 'Succeeded' || phase === 'Failed') return usage;
    for (const part of ['requests', 'limits']) {
      for (const container of containersOf(object)) {
        for (const [resource, amount] of Object.entries(amountsOf(container, part))) {
          const value = parseQuantity(amount as string) ?? 0;
          const names = part === 'requests' ? [resource, `requests.${resource}`] : [`limits.${resource}`];
          for (const name of names) usage.set(name, (usage.get(name) ?? 0) + value);
        }
      }
    }
  }
  if (kind.group === '' && named.has(kind.resource)) usage.set(kind.resource, 1);
  if (kind.resource === 'services') {
    const type = object.spec?.type;
    if (type === 'NodePort' || type === 'LoadBalancer')
      usage.set('services.nodeports', list(object.spec?.ports).length);
    if (type === 'LoadBalancer') usage.set('services.loadbalancers', 1);
  }
  return usage;
}

function containersOf({ spec }: KubeObject): JsonObject[] {
  return list(spec?.containers);
}

function amountsOf(container: JsonObject, part: string): JsonObject {
  const resources = isJsonObject(container.resources) ? container.resources : {};
  const amounts = resources[part];
  return isJsonObject(amounts) ? amounts : {};
}

function list(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
