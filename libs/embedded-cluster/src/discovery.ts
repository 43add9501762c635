import { apiVersionOf, kinds, verbsOf } from './kinds.js';
import type { JsonObject } from './objects.js';
import { metricsGroup, metricsResources } from './pod-metrics.js';
import { unknownPath } from './status-error.js';

const version = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.3',
  gitCommit: 'embedded',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: 'linux/amd64',
};

/** The answer to a path that names no resource, undefined for one that is not served; throws a 404 for another version of a served group. */
export function discover(path: string, serverAddress: string, metrics: boolean): JsonObject | string | undefined {
  if (path === '/version') return version;
  if (path === '/healthz' || path === '/livez' || path === '/readyz') return 'ok';
  if (path === '/api') {
    return {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
    };
  }
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups(metrics) };
  const [, root, group, groupVersion] = path.split('/');
  if (root === 'api' && groupVersion === undefined) return resources(group ?? '');
  if (metrics && path === `/apis/${metricsResources.groupVersion}`) return metricsResources;
  const found = groups(metrics).find((entry) => entry.name === group);
  if (root !== 'apis' || !found) return undefined;
  if (groupVersion !== undefined) return resources(`${group}/${groupVersion}`);
  return { kind: 'APIGroup', apiVersion: 'v1', ...found };
}

function groups(metrics: boolean): JsonObject[] {
  const served = new Map(kinds.filter((kind) => kind.group).map((kind) => [kind.group, kind.version]));
  const own = [...served].map(([name, groupVersion]) => {
    const entry = { groupVersion: `${name}/${groupVersion}`, version: groupVersion };
    return { name, versions: [entry], preferredVersion: entry };
  });
  return metrics ? [...own, metricsGroup] : own;
}

function resources(groupVersion: string): JsonObject {
  const served = kinds.filter((kind) => apiVersionOf(kind) === groupVersion);
  if (served.length === 0) throw unknownPath();
  return {
    kind: 'APIResourceList',
    // The real server leaves it out of the list of its first group.
    ...(groupVersion === 'v1' ? {} : { apiVersion: 'v1' }),
    groupVersion,
    resources: served.flatMap((kind) => [
      {
        name: kind.resource,
        singularName: kind.kind.toLowerCase(),
        namespaced: kind.namespaced,
        kind: kind.kind,
        verbs: [...verbsOf(kind)],
        ...(kind.shortNames.length ? { shortNames: [...kind.shortNames] } : {}),
        ...(kind.categories.length ? { categories: [...kind.categories] } : {}),
      },
      ...kind.subresources.map((subresource) => ({
        name: `${kind.resource}/${subresource}`,
        singularName: '',
        namespaced: kind.namespaced,
        ...(subresource === 'scale' ? { group: 'autoscaling', version: 'v1', kind: 'Scale' } : { kind: kind.kind }),
        verbs: [...verbsOf(kind, subresource)],
      })),
    ]),
  };
}
