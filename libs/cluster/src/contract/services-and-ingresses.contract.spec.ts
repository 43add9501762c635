import { contract } from '../fixture/contract/contract.js';

const service = (spec: object, name = 'web'): object => ({ metadata: { name }, spec });
const ingress = (spec: object): object => ({ metadata: { name: 'web' }, spec });
const backend = { service: { name: 'web', port: { number: 80 } } };

contract(import.meta.url, (it) => {
  it('gives services addresses and node ports by their type', async (api) => {
    await api.post('v1/services', service({ ports: [{ port: 80 }], selector: { app: 'web' } }));
    await api.post('v1/services', service({ clusterIP: 'None', ports: [{ port: 80 }] }, 'headless'));
    await api.post('v1/services', service({ type: 'ExternalName', externalName: 'example.com' }, 'external'));
    await api.post('v1/services', service({ type: 'NodePort', ports: [{ port: 80, targetPort: 'http' }] }, 'node'));
    await api.post('v1/services', service({ type: 'LoadBalancer', ports: [{ port: 80 }] }, 'balanced'));
  });

  it('refuses malformed services', async (api) => {
    await api.post('v1/services', service({}));
    await api.post('v1/services', service({ ports: [{ port: 0 }] }));
    await api.post('v1/services', service({ ports: [{ port: 80 }, { port: 81 }] }));
    await api.post(
      'v1/services',
      service({
        ports: [
          { port: 80, name: 'a' },
          { port: 80, name: 'b' },
        ],
      }),
    );
    await api.post(
      'v1/services',
      service({
        ports: [
          { port: 80, name: 'a' },
          { port: 81, name: 'a' },
        ],
      }),
    );
    await api.post('v1/services', service({ ports: [{ port: 80, targetPort: 70000 }] }));
    await api.post('v1/services', service({ type: 'Other', ports: [{ port: 80 }] }));
    await api.post('v1/services', service({ type: 'ExternalName' }));
  });

  it('keeps an address that a later write leaves out, and refuses another one', async (api) => {
    await api.unrecorded.post('v1/services', service({ ports: [{ port: 80 }] }));
    await api.put('v1/services/web', service({ ports: [{ port: 81 }] }));
    await api.mergePatch('v1/services/web', { spec: { clusterIP: '10.0.0.77', clusterIPs: ['10.0.0.77'] } });
    await api.mergePatch('v1/services/web', { spec: { clusterIP: null } });
  });

  it('changes the type of a service', async (api) => {
    await api.unrecorded.post('v1/services', service({ ports: [{ port: 80 }] }));
    await api.mergePatch('v1/services/web', { spec: { type: 'NodePort' } });
    await api.mergePatch('v1/services/web', { spec: { type: 'ClusterIP' } });
  });

  it('stores ingresses of every form', async (api) => {
    await api.post('networking.k8s.io/v1/ingresses', ingress({ defaultBackend: backend }));
    const paths = [{ path: '/', pathType: 'Prefix', backend }];
    await api.put(
      'networking.k8s.io/v1/ingresses/web',
      ingress({ rules: [{ host: '*.example.com', http: { paths } }], tls: [{ secretName: 'a' }] }),
    );
  });

  it('refuses malformed ingresses', async (api) => {
    const path = { path: '/', pathType: 'Prefix', backend };
    const rule = (one: object, host = 'a.example.com'): object =>
      ingress({ rules: [{ host, http: { paths: [one] } }] });
    await api.post('networking.k8s.io/v1/ingresses', ingress({}));
    await api.post('networking.k8s.io/v1/ingresses', rule(path, 'A_b'));
    await api.post('networking.k8s.io/v1/ingresses', rule(path, '192.0.2.1'));
    await api.post('networking.k8s.io/v1/ingresses', rule({ ...path, pathType: undefined }));
    await api.post('networking.k8s.io/v1/ingresses', rule({ ...path, pathType: 'Other' }));
    await api.post('networking.k8s.io/v1/ingresses', rule({ ...path, path: 'no-slash' }));
    await api.post('networking.k8s.io/v1/ingresses', rule({ ...path, backend: undefined }));
    await api.post('networking.k8s.io/v1/ingresses', rule({ ...path, backend: { service: { name: 'web' } } }));
  });
});
