import { type Behaves, contract } from '../fixture/contract/contract.js';
import { has, pod } from '../fixture/contract/workloads.js';

contract(import.meta.url, cases, { concurrently: true });

function cases(it: Behaves): void {
  it('are told by their status what holds them', async (api) => {
    const own = `/api/v1/namespaces/${api.namespace}`;
    const held = (name: string): object => ({ metadata: { name, finalizers: ['example.com/hold'] } });
    await api.unrecorded.post('v1/configmaps', held('first'));
    await api.unrecorded.post('v1/configmaps', held('second'));
    await api.unrecorded.post('v1/secrets', held('third'));
    await api.unrecorded.delete(own);
    await api.until(
      own,
      (body) => has(body, 'NamespaceFinalizersRemaining'),
      ({ spec, status }) => ({ spec, status }),
    );
    await api.until(
      'v1/configmaps',
      ({ items = [] }) => items.length === 2,
      ({ items = [] }) => ({
        left: items.map(({ metadata }) => [metadata.name, metadata.deletionTimestamp, metadata.finalizers]),
      }),
    );
    for (const name of ['configmaps/first', 'configmaps/second', 'secrets/third']) {
      await api.unrecorded.mergePatch(`v1/${name}`, { metadata: { finalizers: null } });
    }
    await api.until(own, (_, status) => status === 404);
  });

  it('wait for their pods to end', async (api) => {
    const own = `/api/v1/namespaces/${api.namespace}`;
    const spec = { terminationGracePeriodSeconds: 4 };
    await api.unrecorded.post('v1/pods', pod('stubborn', `${api.cluster.registry}/slipway/stubborn:1`, {}, spec));
    await api.unrecorded.until('v1/pods/stubborn', (body) => has(body, 'Ready'));
    await api.unrecorded.delete(own);
    await api.until(
      own,
      ({ status }) => status?.phase === 'Terminating',
      ({ spec, status }) => ({ spec, status }),
    );
    await api.until(own, (_, status) => status === 404);
  });

  it('get their service account and their certificate again when these are deleted', async (api) => {
    await api.unrecorded.delete('v1/serviceaccounts/default');
    await api.until(
      'v1/serviceaccounts/default',
      (_, status) => status === 200,
      ({ metadata }) => ({ name: metadata.name }),
    );
    await api.unrecorded.delete('v1/configmaps/kube-root-ca.crt');
    await api.until(
      'v1/configmaps/kube-root-ca.crt',
      (_, status) => status === 200,
      ({ metadata }) => ({ name: metadata.name }),
    );
  });
}
