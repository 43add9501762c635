import type { Answered } from '../fixture/contract/case-client.js';
import { contract } from '../fixture/contract/contract.js';
import { has } from '../fixture/contract/workloads.js';

contract(import.meta.url, (it) => {
  it('answers with a Status that names the object', async (api) => {
    await api.unrecorded.post('v1/configmaps', { metadata: { name: 'a' } });
    await api.delete('v1/configmaps/a');
    await api.delete('v1/configmaps/a');
    await api.unrecorded.post('networking.k8s.io/v1/ingresses', {
      metadata: { name: 'a' },
      spec: { rules: [{ host: 'a.example.com' }] },
    });
    await api.delete('networking.k8s.io/v1/ingresses/a');
  });

  it('answers with the object for some kinds', async (api) => {
    await api.unrecorded.post('v1/services', { metadata: { name: 'a' }, spec: { ports: [{ port: 80 }] } });
    await api.delete('v1/services/a');
    await api.unrecorded.post('v1/serviceaccounts', { metadata: { name: 'a' } });
    await api.delete('v1/serviceaccounts/a');
    await api.unrecorded.post('coordination.k8s.io/v1/leases', { metadata: { name: 'a' }, spec: {} });
    await api.delete('coordination.k8s.io/v1/leases/a');
  });

  it('keeps what has finalizers, once marked, until they are gone', async (api) => {
    await api.unrecorded.post('v1/configmaps', {
      metadata: { name: 'a', finalizers: ['example.com/one', 'example.com/two'] },
    });
    await api.delete('v1/configmaps/a');
    await api.delete('v1/configmaps/a');
    await api.mergePatch('v1/configmaps/a', { data: { x: '1' } });
    await api.mergePatch('v1/configmaps/a', { metadata: { finalizers: ['example.com/two', 'example.com/three'] } });
    await api.mergePatch('v1/configmaps/a', { metadata: { finalizers: ['example.com/two'] } });
    await api.mergePatch('v1/configmaps/a', { metadata: { finalizers: null } });
    await api.get('v1/configmaps/a');
  });

  it('respects preconditions', async (api) => {
    const { body } = await api.unrecorded.post('v1/configmaps', { metadata: { name: 'a' } });
    const { uid, resourceVersion } = body.metadata;
    await api.delete('v1/configmaps/a', { preconditions: { uid: '9a2b6b24-5a54-4a31-8f63-d2d9d8f2d6aa' } });
    await api.delete('v1/configmaps/a', { preconditions: { resourceVersion: '1' } });
    await api.delete('v1/configmaps/a', { preconditions: { uid, resourceVersion: '1' } });
    await api.delete('v1/configmaps/a', {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      preconditions: { uid, resourceVersion },
    });
  });

  it('only pretends in a dry run', async (api) => {
    await api.unrecorded.post('v1/configmaps', { metadata: { name: 'a' } });
    await api.delete('v1/configmaps/a?dryRun=All');
    await api.delete('v1/configmaps/a', { dryRun: ['All'] });
    await api.get('v1/configmaps/a');
  });

  it('refuses malformed options', async (api) => {
    await api.unrecorded.post('v1/configmaps', { metadata: { name: 'a' } });
    await api.delete('v1/configmaps/a?propagationPolicy=Never');
    await api.delete('v1/configmaps/a', { propagationPolicy: 'Never' });
    await api.delete('v1/configmaps/a', { propagationPolicy: 'Orphan', orphanDependents: true });
    await api.delete('v1/configmaps/a', { gracePeriodSeconds: 'x' });
    await api.send('DELETE', 'v1/configmaps/a', { body: '{' });
    await api.send('DELETE', 'v1/configmaps/a', { body: 'x', type: 'text/plain' });
    await api.delete('v1/configmaps/a?gracePeriodSeconds=x');
    await api.delete('v1/configmaps/a', { kind: 'ConfigMap', apiVersion: 'v1' });
    await api.get('v1/configmaps/a');
  });

  it('deletes a collection by labels and fields', async (api) => {
    for (const [name, app] of [
      ['a', 'web'],
      ['b', 'api'],
      ['c', 'web'],
    ] as const) {
      await api.unrecorded.post('v1/configmaps', { metadata: { name, labels: { app } } });
    }
    await api.delete('v1/configmaps?labelSelector=app%3Dweb&fieldSelector=metadata.name%3Da');
    await api.delete('v1/configmaps?labelSelector=app%3Dweb&dryRun=All');
    await api.delete('v1/configmaps?labelSelector=app%3Dnone');
    await api.get('v1/configmaps?labelSelector=app');
    await api.delete('/api/v1/configmaps');
    await api.delete('/api/v1/namespaces');
    await api.delete('v1/services?labelSelector=app%3Dnone');
  });

  it('marks the members of a collection that have finalizers', async (api) => {
    await api.unrecorded.post('v1/configmaps', {
      metadata: { name: 'a', labels: { app: 'web' }, finalizers: ['example.com/one'] },
    });
    await api.delete('v1/configmaps?labelSelector=app');
    await api.get('v1/configmaps?labelSelector=app');
    await api.unrecorded.mergePatch('v1/configmaps/a', { metadata: { finalizers: null } });
  });

  it('removes a pod that no node has at once', async (api) => {
    const spec = { nodeSelector: { 'example.com/none': 'x' }, containers: [{ name: 'a', image: 'a' }] };
    await api.unrecorded.post('v1/pods', { metadata: { name: 'a' }, spec });
    await api.unrecorded.until('v1/pods/a', (body) => has(body, 'PodScheduled', 'False'));
    await api.delete('v1/pods/a?propagationPolicy=Background');
    await api.get('v1/pods/a');
  });

  it('gives a pod on a node its grace period, which can only get shorter', async (api) => {
    const container = { name: 'main', image: `${api.cluster.registry}/slipway/stubborn:1` };
    await api.unrecorded.post('v1/pods', {
      metadata: { name: 'a' },
      spec: { terminationGracePeriodSeconds: 20, containers: [container] },
    });
    await api.unrecorded.until('v1/pods/a', ({ status }) => status?.phase === 'Running');
    const grace = ({ metadata }: Answered): object => ({ seconds: metadata.deletionGracePeriodSeconds });
    await api.unrecorded.delete('v1/pods/a');
    await api.until('v1/pods/a', () => true, grace);
    await api.unrecorded.delete('v1/pods/a', { gracePeriodSeconds: 25 });
    await api.until('v1/pods/a', () => true, grace);
    await api.unrecorded.delete('v1/pods/a', { gracePeriodSeconds: 0 });
    await api.until('v1/pods/a', (_, status) => status === 404);
  });
});
