import { contract } from '../fixture/contract/contract.js';

contract(import.meta.url, (it) => {
  it('answers 404 to every verb on an object that is not there', async (api) => {
    await api.get('v1/configmaps/a');
    await api.get('apps/v1/deployments/web');
    await api.put('v1/configmaps/a', { metadata: { name: 'a' } });
    await api.mergePatch('v1/configmaps/a', {});
    await api.delete('apps/v1/deployments/web');
    await api.get('apps/v1/deployments/web/scale');
    await api.mergePatch('apps/v1/deployments/web/scale', { spec: { replicas: 1 } });
  });

  it('answers 404 to a new object in a namespace that is not there, and lists nothing in it', async (api) => {
    await api.post(`/api/v1/namespaces/${api.namespace}-absent/configmaps`, { metadata: { name: 'a' } });
    await api.get(`/api/v1/namespaces/${api.namespace}-absent/configmaps`);
    await api.get(`/api/v1/namespaces/${api.namespace}-absent`);
  });
});
