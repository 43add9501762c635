import { contract } from '../fixture/contract/contract.js';

contract(import.meta.url, (it) => {
  it('refuses a body that is no object', async (api) => {
    await api.post('v1/configmaps', '{');
    await api.post('v1/configmaps', '[]');
    await api.post('v1/configmaps', '"text"');
    await api.post('v1/configmaps', '');
    await api.post('v1/configmaps', 'null');
  });

  it('refuses a field of another type', async (api) => {
    await api.post('v1/configmaps', { metadata: { name: 'a' }, data: { x: 1 } });
    await api.post('v1/configmaps', { metadata: { name: 'a', labels: ['x'] } });
    await api.post('v1/services', { metadata: { name: 'a' }, spec: { ports: [{ port: '80' }] } });
    await api.post('apps/v1/deployments', { metadata: { name: 'a' }, spec: { replicas: '2' } });
    await api.post('apps/v1/deployments', { metadata: { name: 'a' }, spec: { replicas: 1.5 } });
  });

  it('answers 415 to a media type that it does not know', async (api) => {
    await api.post('v1/configmaps', 'x', { type: 'text/plain' });
    await api.send('PATCH', 'v1/configmaps/kube-root-ca.crt', { body: {}, type: 'application/json' });
  });

  it('answers 404 to a path, a kind, a version and a subresource that it does not serve', async (api) => {
    await api.get('/nothing');
    await api.get('/apis/example.com');
    await api.get('/apis/example.com/v1');
    await api.get('/apis/apps/v2/deployments');
    await api.get('apps/v1/windows');
    await api.get('v1/configmaps/a/status');
    await api.post('v1/configmaps/a/b/c', {});
  });

  it('answers 405 to a method that a path does not have', async (api) => {
    await api.put('v1/configmaps', {});
    await api.send('PATCH', 'v1/configmaps', { body: {}, type: 'application/merge-patch+json' });
    await api.post('v1/configmaps/a', {});
    await api.post('/version', {});
    await api.delete('apps/v1/deployments/web/scale');
  });

  it('answers 413 to a body that is too large', async (api) => {
    await api.post('v1/configmaps', `{"metadata":{"name":"a"},"data":{"x":"${'x'.repeat(3 * 1024 * 1024)}"}}`);
    await api.post('v1/configmaps', `{"metadata":{"name":"a"},"data":{"x":"${'x'.repeat(1024 * 1024 + 1)}"}}`);
  });

  it('answers 401 to a token that it does not know, and 403 to nobody', async (api) => {
    await api.get('v1/configmaps', { token: 'wrong' });
    await api.get('v1/configmaps', { token: '' });
    await api.get('/version', { token: 'wrong' });
    await api.post('apps/v1/deployments', {}, { token: '' });
    await api.get('/api/v1/namespaces/default', { token: '' });
    await api.get('/apis', { token: '' });
  });
});
