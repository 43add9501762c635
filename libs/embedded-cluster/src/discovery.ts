import { apiVersionOf, kinds } from './kinds.js';
import type { JsonObject } from './objects.js';

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

/** The answer to a path that names no resource, undefined for one that is not served. */
export function discover(path: string, serverAddress: string): JsonObject | string | undefined {
  if (path === '/version') return version;
  if (path === '/healthz' || path === '/livez' || path === '/readyz') return 'ok';
  if (path === '/api') {
    return {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
    };
  }
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups() };
  const [, root, group, groupVersion] = path.split('/');
  if (root === 'api' && group === 'v1' && groupVersion === undefined) return resources('v1');
  if (root !== 'apis' || group === undefined) return undefined;
  if (groupVersion !== undefined) return resources(`${group}/${groupVersion}`);
  const found = groups().find((entry) => entry.name === group);
  return found && { kind: 'APIGroup', apiVersion: 'v1', ...found };
}

function groups(): JsonObject[] {
  const served = new Map(kinds.filter((kind) => kind.group).map((kind) => [kind.group, kind.version]));
  return [...served].map(([name, groupVersion]) => {
    const entry = { groupVersion: `${name}/${groupVersion}`, version: groupVersion };
    return { name, versions: [entry], preferredVersion: entry };
  });
}

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

function resources(groupVersion: string): JsonObject | undefined {
  const served = kinds.filter((kind) => apiVersionOf(kind) === groupVersion);
  if (served.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: served.flatMap((kind) => [
      {
        name: kind.resource,
        singularName: kind.kind.toLowerCase(),
        namespaced: kind.namespaced,
        kind: kind.kind,
        verbs,
        ...(kind.shortNames.length ? { shortNames: [...kind.shortNames] } : {}),
        ...(kind.categories.length ? { categories: [...kind.categories] } : {}),
      },
      ...kind.subresources.map((subresource) => ({
        name: `${kind.resource}/${subresource}`,
        singularName: '',
        namespaced: kind.namespaced,
        ...(subresource === 'scale' ? { group: 'autoscaling', version: 'v1', kind: 'Scale' } : { kind: kind.kind }),
        verbs: subresource === 'log' ? ['get'] : ['get', 'patch', 'update'],
      })),
    ]),
  };
}
