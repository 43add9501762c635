import { type Behaves, contract } from '../fixture/contract/contract.js';
import { has, pod } from '../fixture/contract/workloads.js';

contract(import.meta.url, cases, { concurrently: true });

const quota = 'v1/resourcequotas/small';

function cases(it: Behaves): void {
  it('counts the pods that have not ended', async (api) => {
    await api.unrecorded.post('v1/resourcequotas', { metadata: { name: 'small' }, spec: { hard: { pods: '3' } } });
    await api.until(
      quota,
      ({ status }) => status?.hard !== undefined,
      ({ status }) => ({ status }),
    );
    await api.unrecorded.post('v1/pods', pod('web', `${api.cluster.registry}/slipway/web:1`));
    await api.unrecorded.post(
      'v1/pods',
      pod('task', `${api.cluster.registry}/slipway/task:1`, {}, { restartPolicy: 'Never' }),
    );
    const used =
      (count: string) =>
      ({ status }: { status?: Readonly<Record<string, unknown>> }) =>
        (status?.used as Record<string, string> | undefined)?.pods === count;
    await api.unrecorded.until('v1/pods/web', (body) => has(body, 'Ready'));
    await api.until(quota, used('1'), ({ status }) => ({ status }));
    await api.unrecorded.delete('v1/pods/web', { gracePeriodSeconds: 0 });
    await api.until(quota, used('0'), ({ status }) => ({ status }));
  });

  it('follows limits that change', async (api) => {
    await api.unrecorded.post('v1/resourcequotas', { metadata: { name: 'small' }, spec: { hard: { pods: '3' } } });
    await api.unrecorded.until(quota, ({ status }) => status?.hard !== undefined);
    await api.unrecorded.mergePatch(quota, { spec: { hard: { pods: '5' } } });
    await api.until(
      quota,
      ({ status }) => (status?.hard as Record<string, string>).pods === '5',
      ({ status }) => ({ status }),
    );
  });
}
