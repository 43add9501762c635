import type { Answered } from '../fixture/contract/case-client.js';
import { contract } from '../fixture/contract/contract.js';

/** What the embedded cluster serves; a real one serves more. */
const SERVED: Readonly<Record<string, readonly string[]>> = {
  '/api/v1': [
    ...['configmaps', 'endpoints', 'events', 'limitranges', 'namespaces', 'nodes', 'pods', 'resourcequotas', 'secrets'],
    ...['serviceaccounts', 'services'],
    ...['namespaces/finalize', 'namespaces/status', 'nodes/status', 'pods/log', 'pods/status', 'resourcequotas/status'],
    'services/status',
  ],
  '/apis/apps/v1': ['deployments', 'replicasets'].flatMap((name) => [name, `${name}/scale`, `${name}/status`]),
  '/apis/autoscaling/v2': ['horizontalpodautoscalers', 'horizontalpodautoscalers/status'],
  '/apis/batch/v1': ['jobs', 'jobs/status'],
  '/apis/coordination.k8s.io/v1': ['leases'],
  '/apis/discovery.k8s.io/v1': ['endpointslices'],
  '/apis/metrics.k8s.io/v1beta1': ['pods'],
  '/apis/networking.k8s.io/v1': ['ingresses', 'ingresses/status', 'ingressclasses', 'networkpolicies'],
  '/apis/rbac.authorization.k8s.io/v1': ['rolebindings'],
};

interface Resource {
  readonly name: string;
  readonly storageVersionHash?: string;
}

interface Group {
  readonly name: string;
  readonly versions: readonly { readonly groupVersion: string }[];
}

const always = (): boolean => true;
const byName = (one: { name: string }, other: { name: string }): number => (one.name < other.name ? -1 : 1);

contract(import.meta.url, (it) => {
  for (const [path, names] of Object.entries(SERVED)) {
    it(`names the resources of ${path}, and what can be done with them`, async (api) => {
      await api.until(path, always, ({ resources, ...list }: Answered) => ({
        ...list,
        resources: (resources as Resource[])
          .filter(({ name }) => names.includes(name))
          .map(({ storageVersionHash: _hash, ...resource }) => resource)
          .toSorted(byName),
      }));
    });
  }

  it('names the groups and their versions', async (api) => {
    await api.until('/api', always, ({ serverAddressByClientCIDRs: _own, ...versions }: Answered) => versions);
    const isServed = ({ groupVersion }: { groupVersion: string }): boolean => `/apis/${groupVersion}` in SERVED;
    await api.until('/apis', always, ({ groups, ...list }: Answered) => ({
      ...list,
      groups: (groups as Group[])
        .map((group) => ({ ...group, versions: group.versions.filter(isServed) }))
        .filter(({ versions }) => versions.length > 0)
        .toSorted(byName),
    }));
    await api.get('/apis/apps');
    await api.get('/apis/coordination.k8s.io');
  });

  it('answers what it does not serve with not found', async (api) => {
    await api.get('/apis/example.com');
    await api.get('/apis/example.com/v1');
    await api.get('/apis/apps/v2');
    await api.get('/api/v2');
  });

  it('refuses what it does not name', async (api) => {
    await api.get(`/api/v1/namespaces/${api.namespace}/finalize`);
    await api.mergePatch(`/api/v1/namespaces/${api.namespace}/finalize`, {});
    await api.delete('/api/v1/namespaces');
    await api.post('/apis/apps/v1', {});
  });
});
