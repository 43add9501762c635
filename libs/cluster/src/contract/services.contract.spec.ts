import type { Answered, CaseClient } from '../fixture/contract/case-client.js';
import { type Behaves, contract } from '../fixture/contract/contract.js';
import { has, pod } from '../fixture/contract/workloads.js';

contract(import.meta.url, cases, { concurrently: true });

interface Endpoint {
  readonly addresses: readonly string[];
  readonly conditions: { readonly ready?: boolean };
}

function endpointsOf({ items = [] }: Answered): readonly Endpoint[] {
  return items.flatMap(({ endpoints }) => (endpoints ?? []) as readonly Endpoint[]);
}

/** Neither times nor how often they were written. */
function published({ metadata, ...rest }: Answered): object {
  const { annotations: _times, generation: _writes, managedFields: _fields, ...kept } = metadata;
  return { ...rest, metadata: kept };
}

function slices({ items = [] }: Answered): object {
  return { items: items.map(published) };
}

async function keepEndpoints(api: CaseClient, ready: number, waiting = 0): Promise<void> {
  const count = (body: Answered, isReady: boolean): number =>
    endpointsOf(body).filter(({ conditions }) => conditions.ready === isReady).length;
  await api.until(
    'discovery.k8s.io/v1/endpointslices?labelSelector=kubernetes.io/service-name=web',
    (body) => (body.items ?? []).length === 1 && count(body, true) === ready && count(body, false) === waiting,
    slices,
  );
  const addresses = ({ subsets }: Answered, field: string): number =>
    ((subsets ?? []) as readonly Record<string, unknown[] | undefined>[]).flatMap((subset) => subset[field] ?? [])
      .length;
  await api.until(
    'v1/endpoints/web',
    (body, status) =>
      status === 200 && addresses(body, 'addresses') === ready && addresses(body, 'notReadyAddresses') === waiting,
    published,
  );
}

async function serve(api: CaseClient, spec: object = {}): Promise<void> {
  const ports = [{ name: 'http', port: 80, targetPort: 'http' }];
  const body = {
    metadata: { name: 'web', labels: { tier: 'front' } },
    spec: { selector: { app: 'web' }, ports, ...spec },
  };
  await api.unrecorded.post('v1/services', body);
}

async function run(api: CaseClient, image = 'web', container: object = {}): Promise<void> {
  const ports = [{ name: 'http', containerPort: 8080 }];
  await api.unrecorded.post(
    'v1/pods',
    pod('web', `${api.cluster.registry}/slipway/${image}:1`, { ports, ...container }),
  );
}

function cases(it: Behaves): void {
  it('publishes the pods that it selects', async (api) => {
    await serve(api);
    await keepEndpoints(api, 0);
    await run(api);
    await keepEndpoints(api, 1);
    await api.unrecorded.delete('v1/pods/web', { gracePeriodSeconds: 0 });
    await keepEndpoints(api, 0);
  });

  it('publishes a pod that is not ready as such', async (api) => {
    await serve(api);
    await run(api, 'slow', { readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 1 } });
    await keepEndpoints(api, 0, 1);
  });

  it('publishes a pod that is not ready as ready when it shall', async (api) => {
    await serve(api, { publishNotReadyAddresses: true });
    await run(api, 'slow', { readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 1 } });
    await api.unrecorded.until('v1/pods/web', ({ status }) => status?.podIP !== undefined);
    await keepEndpoints(api, 1);
  });

  it('publishes a pod that goes until its end, but not as ready', async (api) => {
    await serve(api);
    const ports = [{ name: 'http', containerPort: 8080 }];
    const image = `${api.cluster.registry}/slipway/stubborn:1`;
    await api.unrecorded.post('v1/pods', pod('web', image, { ports }, { terminationGracePeriodSeconds: 3 }));
    await keepEndpoints(api, 1);
    await api.unrecorded.delete('v1/pods/web');
    await api.until(
      'discovery.k8s.io/v1/endpointslices',
      (body) => endpointsOf(body).some(({ conditions }) => conditions.ready === false),
      slices,
    );
    await keepEndpoints(api, 0);
  });

  it('publishes without an address of its own', async (api) => {
    await serve(api, { clusterIP: 'None', ports: undefined });
    await run(api);
    await keepEndpoints(api, 1);
  });

  it('follows a selector that changes, and pods whose labels do', async (api) => {
    await serve(api);
    await run(api);
    await keepEndpoints(api, 1);
    await api.unrecorded.mergePatch('v1/services/web', { spec: { selector: { app: 'other' } } });
    await keepEndpoints(api, 0);
    await api.unrecorded.mergePatch('v1/pods/web', { metadata: { labels: { app: 'other' } } });
    await keepEndpoints(api, 1);
  });

  it('follows ports that change', async (api) => {
    await serve(api);
    await run(api);
    await keepEndpoints(api, 1);
    await api.unrecorded.mergePatch('v1/services/web', { spec: { ports: [{ port: 80, targetPort: 9090 }] } });
    await api.until('v1/endpoints/web', ({ subsets }) => JSON.stringify(subsets).includes('9090'), published);
  });

  it('takes its endpoints along when it goes', async (api) => {
    await serve(api);
    await run(api);
    await keepEndpoints(api, 1);
    await api.unrecorded.delete('v1/services/web');
    await api.until('discovery.k8s.io/v1/endpointslices', ({ items = [] }) => items.length === 0);
    await api.until('v1/endpoints/web', (_, status) => status === 404);
  });

  it('publishes nothing without a selector', async (api) => {
    await serve(api, { selector: undefined });
    await run(api);
    await api.unrecorded.until('v1/pods/web', (body) => has(body, 'Ready'));
    await api.get('v1/endpoints/web');
    await api.get('discovery.k8s.io/v1/endpointslices');
  });
}
