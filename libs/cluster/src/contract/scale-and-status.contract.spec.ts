import type { CaseClient } from '../fixture/contract/case-client.js';
import { contract } from '../fixture/contract/contract.js';

const path = 'apps/v1/deployments/web';
const scale = `${path}/scale`;

async function prepare({ unrecorded }: CaseClient): Promise<void> {
  await unrecorded.post('apps/v1/deployments', {
    metadata: { name: 'web' },
    spec: {
      paused: true,
      replicas: 0,
      selector: {
        matchLabels: { app: 'web' },
        matchExpressions: [{ key: 'tier', operator: 'In', values: ['front', 'back'] }],
      },
      template: {
        metadata: { labels: { app: 'web', tier: 'front' } },
        spec: { containers: [{ name: 'web', image: 'web:1' }] },
      },
    },
  });
  await unrecorded.until(path, ({ status }) => status?.observedGeneration === 1);
}

contract(import.meta.url, (it) => {
  it('reads the scale of a deployment', async (api) => {
    await prepare(api);
    await api.get(scale);
  });

  it('changes the replicas by every kind of patch and by replacing', async (api) => {
    await prepare(api);
    await api.mergePatch(`${scale}?dryRun=All`, { spec: { replicas: 3 } });
    await api.jsonPatch(`${scale}?dryRun=All`, [{ op: 'replace', path: '/spec/replicas', value: 3 }]);
    await api.strategicPatch(`${scale}?dryRun=All`, { spec: { replicas: 3 } });
    await api.put(`${scale}?dryRun=All`, {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'web', namespace: api.namespace },
      spec: { replicas: 3 },
    });
    await api.put(`${scale}?dryRun=All`, { metadata: { name: 'web' }, spec: {} });
  });

  it('refuses a stale version, less than none, another kind and another name', async (api) => {
    await prepare(api);
    await api.put(scale, { metadata: { name: 'web', resourceVersion: '1' }, spec: { replicas: 4 } });
    await api.mergePatch(scale, { spec: { replicas: -1 } });
    await api.mergePatch(scale, { spec: { replicas: 'two' } });
    await api.put(scale, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } });
    await api.put(scale, { metadata: { name: 'other' }, spec: { replicas: 1 } });
  });

  it('writes the status alone through its subresource', async (api) => {
    await api.unrecorded.post('v1/services', { metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } });
    const status = { loadBalancer: { ingress: [{ hostname: 'lb.example.com' }] } };
    await api.get('v1/services/web/status');
    await api.mergePatch('v1/services/web/status', { spec: { ports: [{ port: 81 }] }, status });
    await api.mergePatch('v1/services/web', { status: { loadBalancer: null } });
    await api.jsonPatch('v1/services/web/status', [{ op: 'remove', path: '/status/loadBalancer/ingress' }]);
    await api.strategicPatch('v1/services/web/status', { metadata: { annotations: { a: 'b' } } });
    await api.put('v1/services/web/status', { metadata: { name: 'web', resourceVersion: '1' }, status });
  });

  it('writes the status of a pod', async (api) => {
    const spec = { nodeSelector: { 'example.com/none': 'x' }, containers: [{ name: 'a', image: 'a' }] };
    await api.unrecorded.post('v1/pods', { metadata: { name: 'a' }, spec });
    await api.unrecorded.until('v1/pods/a', ({ status }) => Array.isArray(status?.conditions));
    await api.unrecorded.strategicPatch('v1/pods/a/status', {
      status: { conditions: [{ type: 'example.com/checked', status: 'True', lastTransitionTime: null }] },
    });
    await api.until(
      'v1/pods/a',
      () => true,
      ({ status }) => ({
        phase: status?.phase,
        types: (status?.conditions as { type: string }[]).map(({ type }) => type).toSorted(),
      }),
    );
  });
});
