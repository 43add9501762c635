import { contract } from '../fixture/contract/contract.js';

contract(import.meta.url, (it) => {
  it('stores an object with what the server adds', async (api) => {
    await api.post('v1/configmaps', { metadata: { name: 'a', labels: { app: 'web' } }, data: { x: '1' } });
    await api.get('v1/configmaps/a');
  });

  it('takes an object with its kind, and refuses another one', async (api) => {
    await api.post('v1/configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } });
    await api.post('v1/configmaps', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'b' } });
    await api.post('v1/configmaps', { apiVersion: 'v2', kind: 'ConfigMap', metadata: { name: 'b' } });
    await api.post('v1/configmaps', { apiVersion: 'v1', metadata: { name: 'c' } });
    await api.post('v1/configmaps', { kind: 'ConfigMap', metadata: { name: 'd' } });
  });

  it('makes a name from generateName, unless there is a name', async (api) => {
    await api.post('v1/configmaps', { metadata: { generateName: 'part-' } });
    await api.post('v1/configmaps', { metadata: { generateName: 'part-', name: 'whole' } });
    await api.post('v1/configmaps', { metadata: { generateName: 'Part_' } });
  });

  it('refuses a taken name', async (api) => {
    await api.post('v1/configmaps', { metadata: { name: 'a' } });
    await api.post('v1/configmaps', { metadata: { name: 'a' } });
    await api.post('apps/v1/deployments?dryRun=All', { metadata: { name: 'a' } });
  });

  it('refuses the name of another namespace', async (api) => {
    await api.post('v1/configmaps', { metadata: { name: 'a', namespace: 'default' } });
    await api.post('v1/configmaps', { metadata: { name: 'a', namespace: api.namespace } });
  });

  it('refuses what the server owns', async (api) => {
    await api.post('v1/configmaps', { metadata: { name: 'a', resourceVersion: '5' } });
    await api.post('v1/configmaps', {
      metadata: {
        name: 'b',
        uid: '9a2b6b24-5a54-4a31-8f63-d2d9d8f2d6aa',
        generation: 7,
        creationTimestamp: '2020-01-01T00:00:00Z',
      },
    });
    await api.post('v1/configmaps', {
      metadata: { name: 'c', deletionTimestamp: '2020-01-01T00:00:00Z', deletionGracePeriodSeconds: 5 },
    });
  });

  it('stores nothing in a dry run', async (api) => {
    await api.post('v1/configmaps?dryRun=All', { metadata: { name: 'a' }, data: { x: '1' } });
    await api.get('v1/configmaps/a');
    await api.post('v1/configmaps?dryRun=None', { metadata: { name: 'a' } });
    await api.post('v1/configmaps?dryRun=', { metadata: { name: 'a' } });
  });

  it('names the field manager after the query or the user agent', async (api) => {
    await api.post('v1/configmaps?fieldManager=someone', { metadata: { name: 'a', annotations: { note: 'x' } } });
    await api.post(`v1/configmaps?fieldManager=${'x'.repeat(129)}`, { metadata: { name: 'b' } });
  });
});
