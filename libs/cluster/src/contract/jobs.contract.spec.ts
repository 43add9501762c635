import type { Answered, CaseClient } from '../fixture/contract/case-client.js';
import { type Behaves, contract } from '../fixture/contract/contract.js';
import { has, job } from '../fixture/contract/workloads.js';

contract(import.meta.url, cases, { concurrently: true });

function statusOf({ status }: Answered): object {
  return { status };
}

async function create(api: CaseClient, image: string, spec: object = {}, podFields: object = {}): Promise<void> {
  await api.unrecorded.post(
    'batch/v1/jobs',
    job('report', `${api.cluster.registry}/slipway/${image}:1`, spec, podFields),
  );
}

const report = 'batch/v1/jobs/report';

function cases(it: Behaves): void {
  it('runs a pod to its end', async (api) => {
    await create(api, 'task');
    await api.until(
      report,
      (body) => has(body, 'Complete'),
      ({ metadata, status }) => ({ labels: metadata.labels, status }),
    );
    await api.until(
      'v1/pods',
      ({ items = [] }) => items.length === 1,
      ({ items = [] }) => ({
        labels: items[0]?.metadata.labels,
        generateName: items[0]?.metadata.generateName,
        ownerReferences: items[0]?.metadata.ownerReferences,
        phase: items[0]?.status?.phase,
      }),
    );
  });

  it('shows a pod that runs', async (api) => {
    await create(api, 'web');
    await api.until(report, ({ status }) => status?.ready === 1, statusOf);
  });

  it('gives up when its pods fail too often', async (api) => {
    await create(api, 'crash', { backoffLimit: 0 });
    await api.until(report, (body) => has(body, 'Failed'), statusOf);
    await api.until(
      'v1/pods',
      ({ items = [] }) => items.length > 0,
      ({ items = [] }) => ({ phases: items.map(({ status }) => status?.phase) }),
    );
  });

  it('gives up when the containers of its pod fail too often', async (api) => {
    await create(api, 'crash', { backoffLimit: 0 }, { restartPolicy: 'OnFailure' });
    await api.until(report, (body) => has(body, 'Failed'), statusOf);
    await api.until('v1/pods', ({ items = [] }) => items.length === 0);
  });

  it('ends what is active for too long', async (api) => {
    await create(api, 'web', { activeDeadlineSeconds: 2 });
    await api.until(report, (body) => has(body, 'Failed'), statusOf);
    await api.until('v1/pods', ({ items = [] }) => items.length === 0);
  });

  it('runs as many pods as it is told', async (api) => {
    await create(api, 'task', { completions: 3, parallelism: 2 });
    await api.until(report, (body) => has(body, 'Complete'), statusOf);
    await api.until(
      'v1/pods',
      ({ items = [] }) => items.length === 3,
      ({ items = [] }) => ({ phases: items.map(({ status }) => status?.phase) }),
    );
  });

  it('runs nothing while it is suspended', async (api) => {
    await create(api, 'web', { suspend: true });
    await api.until(report, (body) => has(body, 'Suspended'), statusOf);
    await api.unrecorded.mergePatch(report, { spec: { suspend: false } });
    await api.until(report, ({ status }) => status?.ready === 1, statusOf);
    await api.unrecorded.mergePatch(report, { spec: { suspend: true } });
    await api.until(report, (body) => has(body, 'Suspended') && body.status?.terminating === 0, statusOf);
    await api.until('v1/pods', ({ items = [] }) => items.length === 0);
  });

  it('goes some time after its end', async (api) => {
    await create(api, 'task', { ttlSecondsAfterFinished: 1 });
    await api.until(report, (_, status) => status === 404);
    await api.until('v1/pods', ({ items = [] }) => items.length === 0);
  });
}
