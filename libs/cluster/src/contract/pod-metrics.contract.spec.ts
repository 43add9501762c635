import type { Answered } from '../fixture/contract/case-client.js';
import { contract } from '../fixture/contract/contract.js';

interface Metrics {
  readonly containers: readonly { readonly name: string; readonly usage: Readonly<Record<string, string>> }[];
  readonly window: string;
}

const QUANTITY = /^\d+(?:\.\d+)?(?:[num]|[KMG]i)?$/;
const WINDOW = /^[\d.]+m?[\d.]*s$/;
const byName = (one: { name: string }, other: { name: string }): number => (one.name < other.name ? -1 : 1);

/** With the form of what was measured in its place, and the containers in an order: the metrics-server keeps none. */
function measured(metrics: Answered): object {
  const { containers, window, ...rest } = metrics as unknown as Answered & Metrics;
  const form = (usage: Readonly<Record<string, string>>): object =>
    Object.fromEntries(Object.entries(usage).map(([name, text]) => [name, QUANTITY.test(text) ? '<quantity>' : text]));
  return {
    ...rest,
    window: WINDOW.test(window) ? '<duration>' : window,
    containers: containers.map(({ name, usage }) => ({ name, usage: form(usage) })).toSorted(byName),
  };
}

contract(import.meta.url, (it) => {
  it('tells what the containers of a running pod use, in lists without a kind for each', async (api) => {
    const image = `${api.cluster.registry}/slipway/web:1`;
    const resources = { requests: { cpu: '10m', memory: '16Mi' } };
    await api.unrecorded.post('v1/pods', {
      metadata: { name: 'web', labels: { app: 'web' }, annotations: { note: 'is not told' } },
      spec: {
        containers: ['one', 'two'].map((name) => ({
          name,
          image,
          resources,
          env: [{ name: 'PORT', value: name === 'one' ? '8080' : '8081' }],
        })),
      },
    });
    await api.unrecorded.until('v1/pods/web', ({ status }) => status?.phase === 'Running');
    const path = 'metrics.k8s.io/v1beta1/pods';
    // A real one looks every fifteen seconds, and has to have looked twice.
    await api.unrecorded.until(`${path}/web`, (_, status) => status === 200);
    await api.until(`${path}/web`, (_, status) => status === 200, measured);
    const items = ({ items: all, ...list }: Answered) => ({ ...list, items: (all ?? []).map(measured) });
    await api.until(path, () => true, items);
    await api.until(`${path}?labelSelector=app%3Dweb`, () => true, items);
    await api.get(`${path}?labelSelector=app%3Dother`);
  });

  it('knows nothing of a pod that does not run, or that is not there', async (api) => {
    const image = `${api.cluster.registry}/slipway/web:1`;
    await api.unrecorded.post('v1/pods', {
      metadata: { name: 'held' },
      spec: { containers: [{ name: 'one', image }], schedulerName: 'nobody' },
    });
    await api.get('metrics.k8s.io/v1beta1/pods/held');
    await api.get('metrics.k8s.io/v1beta1/pods/absent');
    await api.get('metrics.k8s.io/v1beta1/pods');
  });
});
