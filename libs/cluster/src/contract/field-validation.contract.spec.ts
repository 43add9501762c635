import { contract } from '../fixture/contract/contract.js';

const unknown = {
  metadata: { name: 'web', colour: 'red' },
  spec: {
    size: 3,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [{ name: 'web', image: 'a:1', imagePullPolic: 'Always', ports: [{ containerPort: 80, port: 1 }] }],
      },
    },
  },
};

contract(import.meta.url, (it) => {
  it('drops unknown fields of a new object, with a warning, silently, or not at all', async (api) => {
    await api.post('apps/v1/deployments?dryRun=All', unknown);
    await api.post('apps/v1/deployments?dryRun=All&fieldValidation=Warn', unknown);
    await api.post('apps/v1/deployments?dryRun=All&fieldValidation=Ignore', unknown);
    await api.post('apps/v1/deployments?dryRun=All&fieldValidation=Strict', unknown);
    await api.post('apps/v1/deployments?dryRun=All&fieldValidation=Other', unknown);
  });

  it('judges replaced objects and patches in the same way', async (api) => {
    await api.unrecorded.post('v1/configmaps', { metadata: { name: 'a' } });
    await api.put('v1/configmaps/a?dryRun=All', { metadata: { name: 'a' }, datas: { x: '1' } });
    await api.put('v1/configmaps/a?dryRun=All&fieldValidation=Strict', { metadata: { name: 'a' }, datas: { x: '1' } });
    await api.mergePatch('v1/configmaps/a?dryRun=All', { datas: { x: '1' } });
    await api.mergePatch('v1/configmaps/a?dryRun=All&fieldValidation=Strict', { datas: { x: '1' } });
    await api.strategicPatch('v1/configmaps/a?dryRun=All', { datas: { x: '1' } });
    await api.strategicPatch('v1/configmaps/a?dryRun=All&fieldValidation=Strict', { datas: { x: '1' } });
    await api.jsonPatch('v1/configmaps/a?dryRun=All', [{ op: 'add', path: '/datas', value: { x: '1' } }]);
    await api.jsonPatch('v1/configmaps/a?dryRun=All&fieldValidation=Strict', [
      { op: 'add', path: '/datas', value: {} },
    ]);
  });

  it('refuses unknown fields of an application, whatever is asked', async (api) => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, datas: { x: '1' } };
    await api.apply('v1/configmaps/a?fieldManager=one&dryRun=All', body);
    await api.apply('v1/configmaps/a?fieldManager=one&dryRun=All&fieldValidation=Ignore', body);
    await api.apply('networking.k8s.io/v1/ingresses/web?fieldManager=one&dryRun=All', {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'web' },
      spec: { rules: [{ host: 'a.example.com', http: { paths: [{ path: '/', typ: 'Exact' }] } }] },
    });
  });

  it('takes YAML', async (api) => {
    const type = 'application/yaml';
    await api.post('v1/configmaps?dryRun=All', 'metadata:\n  name: a\ndata:\n  x: "1"\n', { type });
    await api.post('v1/configmaps?dryRun=All', 'metadata:\n  name: a\ndata:\n  x: 1\n', { type });
    await api.post('v1/configmaps?dryRun=All', 'a: [', { type });
  });

  it('refuses fields of another type in patches', async (api) => {
    await api.unrecorded.post('v1/configmaps', { metadata: { name: 'a' }, data: { x: '1' } });
    await api.mergePatch('v1/configmaps/a', { data: { x: 1 } });
    await api.mergePatch('v1/configmaps/a', { data: 'x' });
    await api.strategicPatch('v1/configmaps/a', { data: 'x' });
    await api.strategicPatch('v1/configmaps/a', { data: { x: 1 } });
    await api.jsonPatch('v1/configmaps/a', [{ op: 'replace', path: '/data/x', value: 1 }]);
    await api.apply('v1/configmaps/a?fieldManager=one', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a' },
      data: { x: 1 },
    });
    await api.apply('apps/v1/deployments/a?fieldManager=one', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'a' },
      spec: { replicas: 'two' },
    });
  });
});
