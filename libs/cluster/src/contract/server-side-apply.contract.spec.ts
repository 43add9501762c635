import { contract } from '../fixture/contract/contract.js';

const configMap = (data: Record<string, string>, metadata: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', ...metadata },
  data,
});

const path = 'v1/configmaps/a';
const by = (manager: string, more = ''): string => `${path}?fieldManager=${manager}${more}`;

const deployment = (containers: readonly object[], spec: object = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: {
    paused: true,
    replicas: 0,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers } },
    ...spec,
  },
});

contract(import.meta.url, (it) => {
  it('creates, and writes nothing when it is equal', async (api) => {
    await api.apply(by('one'), configMap({ x: '1' }, { labels: { app: 'web' } }));
    await api.apply(by('one'), configMap({ x: '1' }, { labels: { app: 'web' } }));
  });

  it('changes its fields, and removes those given up', async (api) => {
    await api.apply(by('one'), configMap({ x: '1', y: '2' }, { annotations: { note: 'a' } }));
    await api.apply(by('one'), configMap({ y: '3' }));
    await api.apply(by('one'), { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } });
  });

  it('conflicts with another manager until it is forced', async (api) => {
    await api.apply(by('one'), configMap({ x: '1', y: '1' }));
    await api.apply(by('two'), configMap({ x: '2' }));
    await api.apply(by('two'), configMap({ x: '2', y: '2' }));
    await api.apply(by('two', '&force=true'), configMap({ x: '2' }));
    await api.apply(by('one'), configMap({ x: '1', y: '1' }));
    await api.apply(by('one'), configMap({ y: '1' }));
  });

  it('shares a field that two managers want equal, until both give it up', async (api) => {
    await api.apply(by('one'), configMap({ x: '1' }));
    await api.apply(by('two'), configMap({ x: '1', y: '2' }));
    await api.apply(by('one'), configMap({ z: '3' }));
    await api.apply(by('two'), configMap({ y: '2' }));
  });

  it('conflicts with who wrote without applying', async (api) => {
    await api.apply(by('one'), configMap({ x: '1', y: '1' }));
    await api.mergePatch('v1/configmaps/a?fieldManager=editor', { data: { x: '2' } });
    await api.apply(by('one'), configMap({ x: '1', y: '1' }));
    await api.apply(by('one', '&force=true'), configMap({ x: '1', y: '1' }));
    await api.put('v1/configmaps/a?fieldManager=editor', { metadata: { name: 'a' }, data: { x: '5' } });
    await api.apply(by('three'), configMap({ x: '6' }));
    await api.apply(by('editor'), configMap({ x: '6' }));
  });

  it('names all managers in conflict', async (api) => {
    await api.apply(by('one'), configMap({ x: '1' }));
    await api.apply(by('two'), configMap({ y: '1', z: '1' }));
    await api.apply(by('three'), configMap({ x: '2', y: '2', z: '2' }));
  });

  it('takes over what a client wrote by updates before it applied', async (api) => {
    await api.post('v1/configmaps?fieldManager=one', { metadata: { name: 'a' }, data: { x: '1', y: '1' } });
    await api.apply(by('one'), configMap({ x: '1' }));
    await api.apply(by('one'), configMap({ x: '2' }));
  });

  it('takes YAML, and refuses what is none', async (api) => {
    await api.apply(by('one'), 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: "1"\n');
    await api.apply(by('one'), 'a: [');
    await api.apply(by('one'), '');
    await api.apply(by('one'), '[]');
  });

  it('refuses to go without a name, a manager and a kind, with managed fields, and over a stale version', async (api) => {
    await api.apply(path, configMap({ x: '1' }));
    await api.apply(by('one'), configMap({ x: '1' }, { name: undefined }));
    await api.apply(by('one'), { metadata: { name: 'a' }, data: { x: '1' } });
    await api.apply(by('one'), { kind: 'ConfigMap', metadata: { name: 'a' }, data: { x: '1' } });
    await api.apply(by('one'), { apiVersion: 'v1', metadata: { name: 'a' }, data: { x: '1' } });
    await api.apply(by('one'), configMap({ x: '1' }, { managedFields: [{ manager: 'x' }] }));
    await api.apply(by('one'), configMap({ x: '1' }, { resourceVersion: '1' }));
    await api.apply(by('one'), configMap({ x: '1' }));
    await api.apply(by('one'), configMap({ x: '1' }, { resourceVersion: '1' }));
    await api.apply(by('one'), configMap({ x: '2' }, { resourceVersion: '1' }));
    await api.apply(by('one'), configMap({ x: '2' }, { name: 'b' }));
    await api.apply(by('one'), configMap({ x: '2' }, { uid: '9a2b6b24-5a54-4a31-8f63-d2d9d8f2d6aa' }));
    await api.apply(by('one'), { ...configMap({ x: '2' }), kind: 'Secret' });
    await api.mergePatch(`${path}?fieldManager=one&force=true`, { data: {} });
  });

  it('only pretends in a dry run', async (api) => {
    await api.apply(by('one', '&dryRun=All'), configMap({ x: '1' }));
    await api.get(path);
    await api.apply(by('one'), configMap({ x: '1' }));
    await api.apply(by('one', '&dryRun=All'), configMap({ x: '2' }));
    await api.get(path);
  });

  it('refuses an application that makes the object invalid', async (api) => {
    await api.apply(by('one'), configMap({ x: '1' }, { labels: { app: 'x y' } }));
    await api.apply('apps/v1/deployments/web?fieldManager=one', { ...deployment([]), spec: {} });
  });

  it('owns items of lists by their keys', async (api) => {
    const web = '/web?fieldManager=';
    const at = (manager: string): string => `apps/v1/deployments${web}${manager}&dryRun=All`;
    const main = {
      name: 'web',
      image: 'web:1',
      env: [{ name: 'A', value: '1' }],
      ports: [{ containerPort: 80 }],
      volumeMounts: [{ name: 'v', mountPath: '/v' }],
      resources: { limits: { memory: '1Gi' } },
      readinessProbe: { httpGet: { port: 80 } },
      args: ['a'],
    };
    const more = {
      volumes: [{ name: 'v', emptyDir: {} }],
      imagePullSecrets: [{ name: 's' }],
      tolerations: [{ key: 'k' }],
      nodeSelector: { a: 'b' },
    };
    const whole = deployment([main]) as { spec: { template: { spec: object } } };
    Object.assign(whole.spec.template.spec, more);
    await api.apply(at('one'), whole);
    await api.unrecorded.apply('apps/v1/deployments/web?fieldManager=one', whole);
    await api.unrecorded.until('apps/v1/deployments/web', ({ status }) => status?.observedGeneration === 1);
    await api.apply(at('one'), whole);
    await api.apply(at('two'), deployment([{ name: 'side', image: 'side:1' }]));
    await api.apply(at('two'), deployment([{ name: 'web', image: 'web:2' }]));
    await api.apply(at('two'), deployment([{ name: 'web', env: [{ name: 'B', value: '2' }] }]));
    await api.apply(at('one'), deployment([{ ...main, env: [], ports: [] }]));
    await api.apply(at('one'), deployment([{ name: 'other', image: 'other:1' }]));
    await api.apply(at('one'), deployment([{ image: 'nameless' }]));
    await api.apply(at('one'), deployment([main, main]));
  });

  it('owns the replicas of a scale as a subresource of its own', async (api) => {
    const web = 'apps/v1/deployments/web';
    const container = { name: 'web', image: `${api.cluster.registry}/slipway/web:1` };
    await api.unrecorded.apply(`${web}?fieldManager=one`, deployment([container]));
    await api.unrecorded.until(web, ({ status }) => status?.observedGeneration === 1);
    await api.apply(`${web}/scale?fieldManager=scaler`, {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      spec: { replicas: 0 },
    });
    await api.apply(`${web}/scale?fieldManager=scaler&dryRun=All`, {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      spec: { replicas: 2 },
    });
    await api.mergePatch(`${web}/scale?fieldManager=editor&dryRun=All`, { spec: { replicas: 1 } });
    await api.until(web, ({ status }) => status?.observedGeneration === 1);
    await api.apply(`${web}?fieldManager=one&dryRun=All`, deployment([container], { replicas: 3 }));
    await api.apply(`${web}?fieldManager=one&dryRun=All`, deployment([container], { replicas: undefined }));
  });

  it('owns a status as a subresource of its own', async (api) => {
    const web = 'networking.k8s.io/v1/ingresses/web';
    const head = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: 'web' } };
    const spec = { defaultBackend: { service: { name: 'web', port: { number: 80 } } } };
    await api.apply(`${web}?fieldManager=one`, {
      ...head,
      spec,
      status: { loadBalancer: { ingress: [{ ip: '192.0.2.7' }] } },
    });
    await api.apply(`${web}/status?fieldManager=two`, {
      ...head,
      status: { loadBalancer: { ingress: [{ ip: '192.0.2.7' }] } },
    });
    await api.apply(`${web}/status?fieldManager=three`, {
      ...head,
      status: { loadBalancer: { ingress: [{ ip: '192.0.2.8' }] } },
    });
    await api.apply(`${web}?fieldManager=one`, { ...head, spec });
    await api.apply('networking.k8s.io/v1/ingresses/absent/status?fieldManager=two', {
      ...head,
      metadata: { name: 'absent' },
      status: {},
    });
  });

  it('owns owners, finalizers and service ports', async (api) => {
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'kube-root-ca.crt', uid: '' };
    const { body } = await api.unrecorded.get('v1/configmaps/kube-root-ca.crt');
    owner.uid = body.metadata.uid;
    await api.apply(by('one'), configMap({ x: '1' }, { ownerReferences: [owner], finalizers: ['example.com/a'] }));
    await api.apply(by('two'), configMap({ x: '1' }, { finalizers: ['example.com/b'] }));
    await api.apply(by('one'), configMap({ x: '1' }));
    await api.apply(by('two'), configMap({ x: '1' }));
    const service = (ports: object[]): object => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { ports },
    });
    await api.apply('v1/services/web?fieldManager=one', service([{ name: 'http', port: 80 }]));
    await api.apply('v1/services/web?fieldManager=two', service([{ name: 'admin', port: 81, protocol: 'UDP' }]));
    await api.apply('v1/services/web?fieldManager=one', service([{ name: 'http', port: 82 }]));
  });
});
