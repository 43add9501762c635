import { contract } from '../fixture/contract/contract.js';

const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const container = { name: 'web', image: 'web:1' };
const selector = { matchLabels: { app: 'web' } };
const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } };

contract(import.meta.url, (it) => {
  it('shows config maps and secrets', async (api) => {
    await api.unrecorded.post('v1/configmaps', {
      metadata: { name: 'a', labels: { app: 'web' } },
      data: { x: '1' },
      binaryData: { y: 'AA==' },
    });
    await api.unrecorded.post('v1/secrets', { metadata: { name: 'a' }, stringData: { x: '1' } });
    await api.get('v1/configmaps?labelSelector=app', { accept });
    await api.get('v1/secrets', { accept });
    await api.get('v1/configmaps/a', { accept });
  });

  it('carries metadata, the whole object or nothing in a row', async (api) => {
    await api.unrecorded.post('v1/configmaps', { metadata: { name: 'a' }, data: { x: '1' } });
    await api.get('v1/configmaps/a?includeObject=Object', { accept });
    await api.get('v1/configmaps/a?includeObject=None', { accept });
    await api.get('v1/configmaps/a?includeObject=Metadata', { accept });
    await api.get('v1/configmaps/a?includeObject=Other', { accept });
    await api.get('v1/configmaps?limit=1', { accept });
    await api.get('v1/configmaps/absent', { accept });
  });

  it('shows services', async (api) => {
    const services = {
      plain: {
        ports: [
          { name: 'a', port: 80 },
          { name: 'b', port: 53, protocol: 'UDP' },
        ],
        selector: { app: 'web', tier: 'x' },
      },
      headless: { clusterIP: 'None', selector: { app: 'web' } },
      external: { type: 'ExternalName', externalName: 'example.com' },
      node: { type: 'NodePort', ports: [{ port: 80 }] },
      balanced: { type: 'LoadBalancer', ports: [{ port: 80 }] },
    };
    for (const [name, spec] of Object.entries(services))
      await api.unrecorded.post('v1/services', { metadata: { name }, spec });
    await api.unrecorded.mergePatch('v1/services/balanced/status', {
      status: { loadBalancer: { ingress: [{ ip: '192.0.2.7' }] } },
    });
    await api.get('v1/services', { accept });
  });

  it('shows deployments, replica sets and jobs', async (api) => {
    await api.unrecorded.post('apps/v1/deployments', {
      metadata: { name: 'web' },
      spec: { paused: true, replicas: 0, selector, template },
    });
    await api.unrecorded.post('apps/v1/replicasets', {
      metadata: { name: 'web' },
      spec: { replicas: 0, selector, template },
    });
    await api.unrecorded.until('apps/v1/replicasets/web', ({ status }) => status?.observedGeneration === 1);
    await api.unrecorded.until('apps/v1/deployments/web', ({ status }) => status?.observedGeneration === 1);
    await api.unrecorded.post('batch/v1/jobs', {
      metadata: { name: 'task' },
      spec: { suspend: true, completions: 3, template: { spec: { restartPolicy: 'Never', containers: [container] } } },
    });
    await api.unrecorded.until('batch/v1/jobs/task', ({ status }) => Array.isArray(status?.conditions));
    await api.get('apps/v1/deployments?includeObject=None', { accept });
    await api.get('apps/v1/replicasets?includeObject=None', { accept });
    await api.get('batch/v1/jobs?includeObject=None', { accept });
  });

  it('shows an unscheduled pod', async (api) => {
    await api.unrecorded.post('v1/pods', {
      metadata: { name: 'web' },
      spec: { nodeSelector: { 'example.com/none': 'x' }, containers: [container, { ...container, name: 'side' }] },
    });
    await api.get('v1/pods?includeObject=None', { accept });
  });

  it('shows ingresses', async (api) => {
    const backend = { service: { name: 'web', port: { number: 80 } } };
    const ingresses = {
      plain: { rules: [{ host: 'a.example.com' }, { host: 'b.example.com' }] },
      secure: {
        ingressClassName: 'nginx',
        defaultBackend: backend,
        tls: [{ hosts: ['a.example.com'], secretName: 'tls' }],
      },
      many: { rules: ['a', 'b', 'c', 'd'].map((host) => ({ host: `${host}.example.com` })) },
    };
    for (const [name, spec] of Object.entries(ingresses)) {
      await api.unrecorded.post('networking.k8s.io/v1/ingresses', { metadata: { name }, spec });
    }
    await api.unrecorded.mergePatch('networking.k8s.io/v1/ingresses/plain/status', {
      status: { loadBalancer: { ingress: [{ ip: '192.0.2.7' }, { hostname: 'lb.example.com' }] } },
    });
    await api.get('networking.k8s.io/v1/ingresses?includeObject=None', { accept });
  });

  it('shows the rest of the kinds', async (api) => {
    const { unrecorded } = api;
    await unrecorded.post('v1/resourcequotas', {
      metadata: { name: 'a' },
      spec: { hard: { 'count/configmaps': '7', pods: '4', 'limits.cpu': '2' } },
    });
    await unrecorded.until('v1/resourcequotas/a', ({ status }) => status?.used !== undefined);
    await unrecorded.post('v1/limitranges', {
      metadata: { name: 'a' },
      spec: { limits: [{ type: 'Container', default: { cpu: '1' } }] },
    });
    await unrecorded.post('v1/endpoints', {
      metadata: { name: 'a' },
      subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80 }] }],
    });
    await unrecorded.post('coordination.k8s.io/v1/leases', { metadata: { name: 'a' }, spec: { holderIdentity: 'me' } });
    await unrecorded.post('networking.k8s.io/v1/networkpolicies', {
      metadata: { name: 'a' },
      spec: { podSelector: { matchLabels: { app: 'web' } } },
    });
    await unrecorded.post('discovery.k8s.io/v1/endpointslices', {
      metadata: { name: 'a' },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['192.0.2.1'] }],
      ports: [{ name: '', port: 80 }],
    });
    await unrecorded.post('autoscaling/v2/horizontalpodautoscalers', {
      metadata: { name: 'a' },
      spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'absent' } },
    });
    for (const path of [
      'v1/resourcequotas',
      'v1/limitranges',
      'v1/endpoints',
      'v1/serviceaccounts',
      'coordination.k8s.io/v1/leases',
      'networking.k8s.io/v1/networkpolicies',
      'discovery.k8s.io/v1/endpointslices',
      'autoscaling/v2/horizontalpodautoscalers',
    ]) {
      await api.get(`${path}?fieldSelector=${encodeURIComponent('metadata.name!=none')}&includeObject=None`, {
        accept,
      });
    }
    await api.get(`/api/v1/namespaces/${api.namespace}?includeObject=None`, { accept });
  });

  it('shows events', async (api) => {
    await api.unrecorded.post('v1/events', {
      metadata: { name: 'a' },
      involvedObject: { kind: 'Pod', name: 'web', namespace: api.namespace },
      type: 'Warning',
      reason: 'Failed',
      message: 'It failed.',
      count: 3,
      source: { component: 'case', host: 'here' },
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-02T00:00:00Z',
    });
    await api.get('v1/events?includeObject=None', { accept });
  });
});
