import { contract } from '../fixture/contract/contract.js';

contract(import.meta.url, (it) => {
  it('replaces everything but what the server owns', async (api) => {
    await api.post('v1/configmaps', { metadata: { name: 'a', labels: { app: 'web' } }, data: { x: '1' } });
    await api.put('v1/configmaps/a', { metadata: { name: 'a', annotations: { note: 'b' } }, data: { y: '2' } });
    await api.put('v1/configmaps/a', {
      metadata: { name: 'a', creationTimestamp: '2020-01-01T00:00:00Z', generation: 9 },
      data: { y: '3' },
    });
    await api.get('v1/configmaps/a');
  });

  it('refuses a stale version, and takes the current one and none', async (api) => {
    const { body } = await api.post('v1/configmaps', { metadata: { name: 'a' }, data: { x: '1' } });
    await api.put('v1/configmaps/a', { ...body, data: { x: '2' } });
    await api.put('v1/configmaps/a', { ...body, data: { x: '3' } });
    await api.put('v1/configmaps/a', { metadata: { name: 'a' }, data: { x: '4' } });
    await api.put('v1/configmaps/a', { metadata: { name: 'a', resourceVersion: 'x' }, data: { x: '5' } });
  });

  it('writes nothing when the object is equal', async (api) => {
    const { body } = await api.post('v1/configmaps', { metadata: { name: 'a' }, data: { x: '1' } });
    await api.put('v1/configmaps/a', body);
    await api.put('v1/configmaps/a', { metadata: { name: 'a' }, data: { x: '1' } });
  });

  it('refuses another uid, name and namespace', async (api) => {
    await api.unrecorded.post('v1/configmaps', { metadata: { name: 'a' } });
    await api.put('v1/configmaps/a', { metadata: { name: 'a', uid: '9a2b6b24-5a54-4a31-8f63-d2d9d8f2d6aa' } });
    await api.put('v1/configmaps/a', { metadata: { name: 'b' } });
    await api.put('v1/configmaps/a', { metadata: {} });
    await api.put('v1/configmaps/a', { metadata: { name: 'a', namespace: 'default' } });
    await api.put('v1/configmaps/a', { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'a' } });
  });

  it('only pretends in a dry run', async (api) => {
    await api.unrecorded.post('v1/configmaps', { metadata: { name: 'a' }, data: { x: '1' } });
    await api.put('v1/configmaps/a?dryRun=All', { metadata: { name: 'a' }, data: { x: '2' } });
    await api.get('v1/configmaps/a');
  });

  it('creates an object by apply alone, but some kinds by replacing', async (api) => {
    await api.put('v1/configmaps/a', { metadata: { name: 'a' } });
    await api.put('v1/services/a', { metadata: { name: 'a' }, spec: { ports: [{ port: 80 }] } });
    await api.put('coordination.k8s.io/v1/leases/a', { metadata: { name: 'a' }, spec: { holderIdentity: 'me' } });
    await api.put('v1/endpoints/a', { metadata: { name: 'a' } });
    await api.put('v1/events/a', { metadata: { name: 'a' }, involvedObject: { namespace: api.namespace } });
    await api.put('v1/limitranges/a', { metadata: { name: 'a' } });
    await api.put('v1/serviceaccounts/a', { metadata: { name: 'a' } });
    await api.put('v1/secrets/a', { metadata: { name: 'a' } });
    await api.put('apps/v1/deployments/a', { metadata: { name: 'a' } });
    await api.put('networking.k8s.io/v1/ingresses/a', { metadata: { name: 'a' } });
  });

  it('counts changes of the spec alone in the generation', async (api) => {
    const ingress = (host: string, labels = {}): object => ({
      metadata: { name: 'web', labels },
      spec: { rules: [{ host }] },
    });
    await api.post('networking.k8s.io/v1/ingresses', ingress('a.example.com'));
    await api.put('networking.k8s.io/v1/ingresses/web', ingress('a.example.com', { app: 'web' }));
    await api.put('networking.k8s.io/v1/ingresses/web', ingress('b.example.com'));
  });

  it('leaves the status to its subresource', async (api) => {
    const spec = { defaultBackend: { service: { name: 'web', port: { number: 80 } } } };
    const status = { loadBalancer: { ingress: [{ ip: '192.0.2.7' }] } };
    await api.post('networking.k8s.io/v1/ingresses', { metadata: { name: 'web' }, spec, status });
    await api.put('networking.k8s.io/v1/ingresses/web', { metadata: { name: 'web' }, spec, status });
    await api.put('networking.k8s.io/v1/ingresses/web/status', {
      metadata: { name: 'web', labels: { a: 'b' } },
      spec: { ingressClassName: 'other' },
      status,
    });
    await api.get('networking.k8s.io/v1/ingresses/web/status');
    await api.mergePatch('networking.k8s.io/v1/ingresses/web/status', { status: { loadBalancer: null } });
    await api.get('networking.k8s.io/v1/ingresses/web');
  });
});
