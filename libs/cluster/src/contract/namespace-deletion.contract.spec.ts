import { contract } from '../fixture/contract/contract.js';

contract(import.meta.url, (it) => {
  it('refuses new objects while the namespace is being terminated, and ends with its last object', async (api) => {
    await api.unrecorded.apply('v1/configmaps/a?fieldManager=case', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', finalizers: ['example.com/hold'] },
    });
    await api.unrecorded.delete(`/api/v1/namespaces/${api.namespace}`);
    await api.post('v1/configmaps', { metadata: { name: 'late' } });
    await api.post('v1/pods', { metadata: { name: 'late' }, spec: { containers: [{ name: 'a', image: 'a' }] } });
    await api.unrecorded.mergePatch('v1/configmaps/a', { metadata: { finalizers: null } });
    await api.until(`/api/v1/namespaces/${api.namespace}`, (_, status) => status === 404);
  });
});
