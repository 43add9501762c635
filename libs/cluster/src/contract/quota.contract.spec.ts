import type { Answered } from '../fixture/contract/case-client.js';
import { contract } from '../fixture/contract/contract.js';

const pod = (name: string, resources: object = {}): object => ({
  metadata: { name },
  spec: { nodeSelector: { 'example.com/none': 'x' }, containers: [{ name: 'main', image: 'a:1', resources }] },
});

const quota = (hard: object): object => ({ metadata: { name: 'q' }, spec: { hard } });
const counted = ({ status }: Answered): boolean => status?.used !== undefined;
const status = (body: Answered): object => ({ status: body.status });

contract(import.meta.url, (it) => {
  it('admits pods up to their number', async (api) => {
    await api.post('v1/resourcequotas', quota({ pods: '1' }));
    await api.unrecorded.until('v1/resourcequotas/q', counted);
    await api.unrecorded.post('v1/pods', pod('one'));
    await api.post('v1/pods', pod('two'));
    await api.until('v1/resourcequotas/q', ({ status: now }) => (now?.used as { pods?: string }).pods === '1', status);
    await api.unrecorded.delete('v1/pods/one');
    await api.until('v1/resourcequotas/q', ({ status: now }) => (now?.used as { pods?: string }).pods === '0', status);
  });

  it('adds up what pods request and may use at most', async (api) => {
    const hard = { 'requests.cpu': '1', 'limits.memory': '1Gi' };
    await api.unrecorded.post('v1/resourcequotas', quota(hard));
    await api.unrecorded.until('v1/resourcequotas/q', counted);
    await api.post('v1/pods', pod('unspecified'));
    await api.post('v1/pods', pod('half', { requests: { cpu: '500m' } }));
    await api.unrecorded.post('v1/pods', pod('fits', { requests: { cpu: '600m' }, limits: { memory: '512Mi' } }));
    await api.post('v1/pods', pod('large', { requests: { cpu: '600m' }, limits: { memory: '768Mi' } }));
    await api.until(
      'v1/resourcequotas/q',
      ({ status: now }) => (now?.used as Record<string, string>)['requests.cpu'] === '600m',
      status,
    );
  });

  it('counts objects of any kind', async (api) => {
    await api.unrecorded.post(
      'v1/resourcequotas',
      quota({ 'count/configmaps': '2', services: '1', 'services.nodeports': '0', 'count/deployments.apps': '0' }),
    );
    await api.unrecorded.until('v1/resourcequotas/q', counted);
    await api.unrecorded.post('v1/configmaps', { metadata: { name: 'a' } });
    await api.post('v1/configmaps', { metadata: { name: 'b' } });
    await api.post('v1/services', { metadata: { name: 'a' }, spec: { type: 'NodePort', ports: [{ port: 80 }] } });
    await api.unrecorded.post('v1/services', { metadata: { name: 'a' }, spec: { ports: [{ port: 80 }] } });
    await api.post('v1/services', { metadata: { name: 'b' }, spec: { ports: [{ port: 80 }] } });
    const selector = { matchLabels: { app: 'a' } };
    const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'a' }] } };
    await api.post('apps/v1/deployments', { metadata: { name: 'a' }, spec: { selector, template } });
    await api.until(
      'v1/resourcequotas/q',
      ({ status: now }) => (now?.used as { services?: string }).services === '1',
      status,
    );
  });

  it('refuses a malformed quota', async (api) => {
    await api.post('v1/resourcequotas', quota({ pods: '-1' }));
    await api.post('v1/resourcequotas', quota({ pods: '1.5' }));
  });
});
