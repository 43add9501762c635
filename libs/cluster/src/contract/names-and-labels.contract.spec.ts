import { contract } from '../fixture/contract/contract.js';

contract(import.meta.url, (it) => {
  it('refuses a name that is missing, malformed or too long', async (api) => {
    await api.post('v1/configmaps', { metadata: {} });
    await api.post('v1/configmaps', {});
    for (const name of ['Upper', 'under_score', '-a', 'a..b', 'a'.repeat(254)])
      await api.post('v1/configmaps', { metadata: { name } });
    await api.post('v1/configmaps', { metadata: { name: `${'a'.repeat(100)}.b` } });
  });

  it('refuses the name of a service that is no DNS label', async (api) => {
    const spec = { ports: [{ port: 80 }] };
    for (const name of ['1a', 'a.b', 'Upper', 'a'.repeat(64)])
      await api.post('v1/services', { metadata: { name }, spec });
  });

  it('refuses the name of a namespace that is no DNS label', async (api) => {
    for (const name of ['a.b', 'Upper', 'a'.repeat(64)]) await api.post('/api/v1/namespaces', { metadata: { name } });
  });

  it('refuses malformed keys and values of labels', async (api) => {
    for (const labels of [
      { 'a b': 'x' },
      { a: 'x y' },
      { a: 'x'.repeat(64) },
      { ['a'.repeat(64)]: 'x' },
      { 'example.com/a/b': 'x' },
      { 'Example.com/a': 'x' },
      { '/a': 'x' },
      { a: '-x' },
    ]) {
      await api.post('v1/configmaps', { metadata: { name: 'a', labels } });
    }
    await api.post('v1/configmaps', { metadata: { name: 'a', labels: { 'example.com/a_b.c': '', b: 'A_b.c-d' } } });
  });

  it('refuses malformed keys of annotations, and too many of them', async (api) => {
    await api.post('v1/configmaps', { metadata: { name: 'a', annotations: { 'a b': 'x' } } });
    await api.post('v1/configmaps', { metadata: { name: 'a', annotations: { 'Example.com/A': 'any\ntext' } } });
    await api.post('v1/configmaps', `{"metadata":{"name":"b","annotations":{"a":"${'x'.repeat(256 * 1024)}"}}}`);
  });

  it('refuses malformed finalizers and owners', async (api) => {
    await api.post('v1/configmaps', { metadata: { name: 'a', finalizers: ['hold'] } });
    await api.post('v1/configmaps', { metadata: { name: 'a', finalizers: ['example.com/a b'] } });
    await api.post('v1/configmaps', {
      metadata: { name: 'a', ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'b' }] },
    });
    const owner = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: 'b',
      uid: '9a2b6b24-5a54-4a31-8f63-d2d9d8f2d6aa',
      controller: true,
    };
    await api.post('v1/configmaps', { metadata: { name: 'a', ownerReferences: [owner, { ...owner, name: 'c' }] } });
  });

  it('refuses the labels of a template as those of an object', async (api) => {
    const template = { metadata: { labels: { app: 'x y' } }, spec: { containers: [{ name: 'a', image: 'a' }] } };
    await api.post('apps/v1/deployments', {
      metadata: { name: 'a' },
      spec: { selector: { matchLabels: { app: 'x y' } }, template },
    });
  });
});
