import type { Answered } from '../fixture/contract/case-client.js';
import { type Behaves, contract } from '../fixture/contract/contract.js';
import { has, pod } from '../fixture/contract/workloads.js';

contract(import.meta.url, cases, { concurrently: true });

/** What the API server says of a pod that goes; the kubelet may or may not have spoken yet. */
function going({ metadata }: Answered): object {
  const { generation, deletionTimestamp, deletionGracePeriodSeconds, finalizers } = metadata;
  return { generation, deletionTimestamp, deletionGracePeriodSeconds, finalizers };
}

/** Of a pod whose containers have ended. */
const gone = (pod: Answered): object => ({ ...going(pod), status: pod.status });

function cases(it: Behaves): void {
  it('gives a running pod its time to end, and shows meanwhile that it goes', async (api) => {
    const spec = { terminationGracePeriodSeconds: 3 };
    await api.unrecorded.post('v1/pods', pod('stubborn', `${api.cluster.registry}/slipway/stubborn:1`, {}, spec));
    await api.unrecorded.until('v1/pods/stubborn', (body) => has(body, 'Ready'));
    const watch = await api.unrecorded.watch('v1/pods');
    await api.unrecorded.delete('v1/pods/stubborn');
    await api.until('v1/pods/stubborn', () => true, going);
    await api.unrecorded.delete('v1/pods/stubborn');
    await api.until('v1/pods/stubborn', () => true, going);
    await watch.until((events) => events.some(({ type }) => type === 'DELETED'));
    await api.get('v1/pods/stubborn');
  });

  it('shortens the time of a pod that goes already, and never makes it longer', async (api) => {
    const spec = { terminationGracePeriodSeconds: 8 };
    await api.unrecorded.post('v1/pods', pod('stubborn', `${api.cluster.registry}/slipway/stubborn:1`, {}, spec));
    await api.unrecorded.until('v1/pods/stubborn', (body) => has(body, 'Ready'));
    await api.unrecorded.delete('v1/pods/stubborn');
    await api.unrecorded.delete('v1/pods/stubborn', { gracePeriodSeconds: 40 });
    await api.until('v1/pods/stubborn', () => true, going);
    await api.unrecorded.delete('v1/pods/stubborn', { gracePeriodSeconds: 1 });
    await api.until('v1/pods/stubborn', () => true, going);
    await api.until('v1/pods/stubborn', (_, status) => status === 404);
  });

  it('removes at once what is forced, or what no node has', async (api) => {
    const image = `${api.cluster.registry}/slipway/web:1`;
    await api.unrecorded.post('v1/pods', pod('web', image));
    await api.unrecorded.post('v1/pods', pod('nowhere', image, {}, { nodeSelector: { color: 'blue' } }));
    await api.unrecorded.until('v1/pods/web', (body) => has(body, 'Ready'));
    await api.unrecorded.until('v1/pods/nowhere', (body) => has(body, 'PodScheduled', 'False'));
    await api.unrecorded.delete('v1/pods/web', { gracePeriodSeconds: 0 });
    await api.get('v1/pods/web');
    await api.unrecorded.delete('v1/pods/nowhere');
    await api.get('v1/pods/nowhere');
  });

  it('shows the last states of a pod that a finalizer holds', async (api) => {
    const held = pod('web', `${api.cluster.registry}/slipway/web:1`) as { metadata: object };
    const finalizers = ['example.com/hold'];
    await api.unrecorded.post('v1/pods', { ...held, metadata: { ...held.metadata, finalizers } });
    await api.unrecorded.until('v1/pods/web', (body) => has(body, 'Ready'));
    await api.unrecorded.delete('v1/pods/web');
    await api.until('v1/pods/web', ({ metadata }) => metadata.deletionGracePeriodSeconds === 0, gone);
    await api.unrecorded.mergePatch('v1/pods/web', { metadata: { finalizers: null } });
    await api.until('v1/pods/web', (_, status) => status === 404);
  });
}
