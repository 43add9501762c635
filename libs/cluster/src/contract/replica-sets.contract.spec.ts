import type { Answered } from '../fixture/contract/case-client.js';
import { type Behaves, contract } from '../fixture/contract/contract.js';
import { deployment, has, pod } from '../fixture/contract/workloads.js';

contract(import.meta.url, cases, { concurrently: true });

const web = 'apps/v1/replicasets/web';

function statusOf({ status }: Answered): object {
  return { status };
}

function owners({ items = [] }: Answered): object {
  return { owners: items.map(({ metadata }) => metadata.ownerReferences ?? 'none') };
}

function cases(it: Behaves): void {
  it('keeps as many pods as it is told', async (api) => {
    const set = deployment('web', `${api.cluster.registry}/slipway/web:1`, { replicas: 2 });
    await api.unrecorded.post('apps/v1/replicasets', set);
    await api.until(web, ({ status }) => status?.availableReplicas === 2, statusOf);
    const { body } = await api.unrecorded.get('v1/pods');
    await api.unrecorded.delete(`v1/pods/${body.items?.[0]?.metadata.name}`);
    await api.unrecorded.until(
      web,
      ({ status }) => status?.availableReplicas !== 2 || Number(status.terminatingReplicas) > 0,
    );
    await api.until(web, ({ status }) => status?.availableReplicas === 2 && status.terminatingReplicas === 0, statusOf);
    await api.unrecorded.mergePatch(`${web}/scale`, { spec: { replicas: 0 } });
    await api.until(web, ({ status }) => status?.replicas === 0 && status.terminatingReplicas === 0, statusOf);
  });

  it('adopts a pod that it selects and nobody owns, and lets go of one that it selects no longer', async (api) => {
    const image = `${api.cluster.registry}/slipway/web:1`;
    await api.unrecorded.post('v1/pods', pod('web', image));
    await api.unrecorded.until('v1/pods/web', (body) => has(body, 'Ready'));
    await api.unrecorded.post('apps/v1/replicasets', deployment('web', image, { replicas: 1 }));
    await api.until(web, ({ status }) => status?.availableReplicas === 1, statusOf);
    await api.until('v1/pods', ({ items = [] }) => items[0]?.metadata.ownerReferences !== undefined, owners);
    await api.unrecorded.mergePatch('v1/pods/web', { metadata: { labels: { app: 'other' } } });
    await api.until('v1/pods?labelSelector=app=web', ({ items = [] }) => items.length === 1, owners);
    await api.until(
      'v1/pods?labelSelector=app=other',
      ({ items = [] }) => items[0]?.metadata.ownerReferences === undefined,
      owners,
    );
  });

  it('belongs to the deployment that selects it when it is left behind', async (api) => {
    const body = deployment('web', `${api.cluster.registry}/slipway/web:1`, { replicas: 1 });
    await api.unrecorded.post('apps/v1/deployments', body);
    await api.unrecorded.until('apps/v1/deployments/web', ({ status }) => status?.availableReplicas === 1);
    await api.unrecorded.delete('apps/v1/deployments/web', { propagationPolicy: 'Orphan' });
    await api.until('apps/v1/deployments/web', (_, status) => status === 404);
    await api.until(
      'apps/v1/replicasets',
      ({ items = [] }) => items[0]?.metadata.ownerReferences === undefined,
      owners,
    );
    await api.unrecorded.post('apps/v1/deployments', body);
    await api.until(
      'apps/v1/replicasets',
      ({ items = [] }) => items[0]?.metadata.ownerReferences !== undefined,
      owners,
    );
    await api.until(
      'apps/v1/deployments/web',
      ({ status }) => status?.availableReplicas === 1,
      ({ metadata, status }) => ({
        annotations: metadata.annotations,
        counts: { ...status, conditions: undefined },
      }),
    );
  });
}
