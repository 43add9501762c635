import { contract } from '../fixture/contract/contract.js';

contract(import.meta.url, (it) => {
  it('encodes the stringData of a secret, which wins over its data', async (api) => {
    await api.post('v1/secrets', { metadata: { name: 'a' }, data: { x: 'MQ==', y: 'Mg==' }, stringData: { x: 'é' } });
    await api.mergePatch('v1/secrets/a', { stringData: { z: '3' } });
    await api.post('v1/secrets', { metadata: { name: 'b' } });
  });

  it('refuses data that is no base64, and malformed keys', async (api) => {
    await api.post('v1/secrets', { metadata: { name: 'a' }, data: { x: '?' } });
    await api.post('v1/secrets', { metadata: { name: 'a' }, data: { 'a b': 'MQ==' } });
    await api.post('v1/configmaps', { metadata: { name: 'a' }, data: { 'a/b': 'x' } });
    await api.post('v1/configmaps', { metadata: { name: 'a' }, data: { a: 'x' }, binaryData: { a: 'MQ==' } });
    await api.post('v1/configmaps', { metadata: { name: 'a' }, data: { ['a'.repeat(254)]: 'x' } });
  });

  it('keeps the type of a secret', async (api) => {
    await api.unrecorded.post('v1/secrets', { metadata: { name: 'a' }, type: 'example.com/x' });
    await api.mergePatch('v1/secrets/a', { type: 'example.com/y' });
    await api.put('v1/secrets/a', { metadata: { name: 'a' }, data: { x: 'MQ==' } });
  });

  it('asks of a secret with a known type for what belongs to it', async (api) => {
    await api.post('v1/secrets', { metadata: { name: 'a' }, type: 'kubernetes.io/dockerconfigjson' });
    const data = { '.dockerconfigjson': Buffer.from('{}').toString('base64') };
    await api.post('v1/secrets', { metadata: { name: 'a' }, type: 'kubernetes.io/dockerconfigjson', data });
    await api.post('v1/secrets', { metadata: { name: 'b' }, type: 'kubernetes.io/tls', data: { 'tls.crt': '' } });
    await api.post('v1/secrets', { metadata: { name: 'c' }, type: 'kubernetes.io/basic-auth' });
  });

  it('stores binary data', async (api) => {
    await api.post('v1/configmaps', { metadata: { name: 'a' }, data: { x: 'é' }, binaryData: { y: 'AAH/' } });
  });

  it('leaves what is immutable as it is', async (api) => {
    await api.unrecorded.post('v1/configmaps', { metadata: { name: 'a' }, data: { x: '1' }, immutable: true });
    await api.unrecorded.post('v1/secrets', { metadata: { name: 'a' }, stringData: { x: '1' }, immutable: true });
    for (const kind of ['configmaps', 'secrets']) {
      await api.mergePatch(`v1/${kind}/a`, { data: { x: 'Mg==' } });
      await api.mergePatch(`v1/${kind}/a`, { immutable: false });
      await api.mergePatch(`v1/${kind}/a`, { metadata: { labels: { app: 'web' } } });
    }
  });
});
