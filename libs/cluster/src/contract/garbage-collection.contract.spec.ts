import type { Answered, CaseClient } from '../fixture/contract/case-client.js';
import { type Behaves, contract } from '../fixture/contract/contract.js';
import { deployment } from '../fixture/contract/workloads.js';

contract(import.meta.url, cases, { concurrently: true });

async function create(api: CaseClient): Promise<void> {
  await api.unrecorded.post(
    'apps/v1/deployments',
    deployment('web', `${api.cluster.registry}/slipway/web:1`, { replicas: 2 }),
  );
  await api.unrecorded.until('apps/v1/deployments/web', ({ status }) => status?.availableReplicas === 2);
}

const isEmpty = ({ items = [] }: Answered): boolean => items.length === 0;

function cases(it: Behaves): void {
  it('deletes in the background what belongs to what is gone', async (api) => {
    await create(api);
    await api.unrecorded.delete('apps/v1/deployments/web');
    await api.get('apps/v1/deployments/web');
    await api.until('apps/v1/replicasets', isEmpty);
    await api.until('v1/pods', isEmpty);
  });

  it('keeps in the foreground what goes until all that belongs to it is gone', async (api) => {
    await create(api);
    await api.unrecorded.delete('apps/v1/deployments/web', { propagationPolicy: 'Foreground' });
    await api.until(
      'apps/v1/deployments/web',
      () => true,
      ({ metadata }) => ({
        deletionTimestamp: metadata.deletionTimestamp,
        finalizers: metadata.finalizers,
        generation: metadata.generation,
      }),
    );
    await api.until('apps/v1/deployments/web', (_, status) => status === 404);
    await api.get('apps/v1/replicasets');
    await api.get('v1/pods');
  });

  it('leaves as orphans what belonged to what is gone', async (api) => {
    await create(api);
    await api.unrecorded.delete('apps/v1/deployments/web', { propagationPolicy: 'Orphan' });
    await api.until('apps/v1/deployments/web', (_, status) => status === 404);
    await api.until(
      'apps/v1/replicasets',
      ({ items = [] }) => items.length === 1,
      ({ items = [] }) => ({
        owners: items[0]?.metadata.ownerReferences ?? 'none',
      }),
    );
    await api.until(
      'v1/pods',
      ({ items = [] }) => items.length === 2,
      ({ items = [] }) => ({
        owners: items.map(({ metadata }) =>
          ((metadata.ownerReferences ?? []) as readonly { kind: string }[]).map(({ kind }) => kind),
        ),
      }),
    );
  });

  it('deletes what names an owner that is not there', async (api) => {
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'absent', uid: '00000000-0000-4000-8000-000000000000' };
    await api.unrecorded.post('v1/configmaps', { metadata: { name: 'a', ownerReferences: [owner] } });
    await api.until('v1/configmaps/a', (_, status) => status === 404);
  });

  it('keeps what has another owner still', async (api) => {
    const owners = [];
    for (const name of ['first', 'second']) {
      const { body } = await api.unrecorded.post('v1/configmaps', { metadata: { name } });
      owners.push({ apiVersion: 'v1', kind: 'ConfigMap', name, uid: body.metadata.uid });
    }
    await api.unrecorded.post('v1/configmaps', { metadata: { name: 'shared', ownerReferences: owners } });
    await api.unrecorded.delete('v1/configmaps/first');
    await api.until(
      'v1/configmaps/shared',
      ({ metadata }) => (metadata.ownerReferences as readonly unknown[]).length === 1,
      ({ metadata }) => ({ ownerReferences: metadata.ownerReferences }),
    );
    await api.unrecorded.delete('v1/configmaps/second');
    await api.until('v1/configmaps/shared', (_, status) => status === 404);
  });
}
