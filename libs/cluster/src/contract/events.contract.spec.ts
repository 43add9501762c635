import type { Answered, CaseClient } from '../fixture/contract/case-client.js';
import { type Behaves, contract } from '../fixture/contract/contract.js';
import { deployment, job, pod } from '../fixture/contract/workloads.js';

const unsteady = { metadata: undefined, count: undefined, series: undefined, reportingInstance: undefined };

/** Waits for these reasons, and for a message with the last words, and keeps each event without how often it came; of those that repeat with other words the first one. */
async function keepEvents(api: CaseClient, name: string, reasons: readonly string[], last = ''): Promise<void> {
  const reasonOf = (event: Answered): string => String(event.reason);
  await api.until(
    `v1/events?fieldSelector=involvedObject.name=${name}`,
    ({ items = [] }) =>
      reasons.every((reason) => items.some((event) => reasonOf(event) === reason)) &&
      items.some(({ message }) => String(message).includes(last)),
    ({ items = [] }) => {
      const kept = items.map((event) => ({
        ...event,
        ...unsteady,
        involvedObject: { ...(event.involvedObject as object), resourceVersion: undefined },
        source: { ...(event.source as object), host: undefined },
        message: String(event.message).replace(
          / in [\d.]+m?s \([\d.]+m?s including waiting\)\. Image size: \d+ /,
          ' in TIME. Image size: SIZE ',
        ),
      }));
      const wanted = kept.filter((event) => reasons.includes(String((event as unknown as Answered).reason)));
      return Object.fromEntries(
        wanted.map((event) => [JSON.stringify([(event as unknown as Answered).reason, event.message]), event]),
      );
    },
  );
}

contract(import.meta.url, cases, { concurrently: true });

/** The name of the only one; its hash is known to the recording from here on. */
async function replicaSetOf(api: CaseClient): Promise<string> {
  const { body } = await api.until(
    'apps/v1/replicasets',
    ({ items = [] }) => items.length === 1,
    ({ items = [] }) => ({ labels: items[0]?.metadata.labels }),
  );
  return body.items?.[0]?.metadata.name ?? '';
}

function cases(it: Behaves): void {
  it('tells of a pod that is placed, pulled and started, and then ended', async (api) => {
    await api.unrecorded.post(
      'v1/pods',
      pod('web', `${api.cluster.registry}/slipway/web:1`, { imagePullPolicy: 'Always' }),
    );
    await keepEvents(api, 'web', ['Scheduled', 'Pulling', 'Pulled', 'Created', 'Started']);
    await api.unrecorded.delete('v1/pods/web');
    await keepEvents(api, 'web', ['Killing']);
  });

  it('tells that an image is there already', async (api) => {
    const image = `${api.cluster.registry}/slipway/web:1`;
    await api.unrecorded.post('v1/pods', pod('first', image));
    await api.until(
      'v1/pods/first',
      ({ status }) => status?.phase === 'Running',
      () => ({}),
    );
    await api.unrecorded.post('v1/pods', pod('second', image));
    await keepEvents(api, 'second', ['Pulled', 'Started']);
  });

  it('tells of an image that is not there', async (api) => {
    await api.unrecorded.post('v1/pods', pod('missing', `${api.cluster.registry}/slipway/missing:1`));
    await keepEvents(api, 'missing', ['Pulling', 'Failed', 'BackOff'], 'Error: ImagePullBackOff');
  });

  it('tells of a container that crashes, and counts up', async (api) => {
    await api.unrecorded.post('v1/pods', pod('crash', `${api.cluster.registry}/slipway/crash:1`));
    await keepEvents(api, 'crash', ['Created', 'Started', 'BackOff']);
    await api.until(
      'v1/events?fieldSelector=involvedObject.name=crash,reason=Started',
      ({ items = [] }) => items.some(({ count }) => Number(count) > 1),
      ({ items = [] }) => ({ events: items.length }),
    );
  });

  it('tells of what is missing for a container', async (api) => {
    const envFrom = [{ secretRef: { name: 'settings' } }];
    await api.unrecorded.post('v1/pods', pod('web', `${api.cluster.registry}/slipway/web:1`, { envFrom }));
    await keepEvents(api, 'web', ['Failed']);
  });

  it('tells of a pod that cannot be placed', async (api) => {
    const resources = { requests: { memory: '900Ti' } };
    await api.unrecorded.post('v1/pods', pod('large', `${api.cluster.registry}/slipway/web:1`, { resources }));
    await keepEvents(api, 'large', ['FailedScheduling']);
  });

  it('tells of a pull secret that is missing', async (api) => {
    const spec = { imagePullSecrets: [{ name: 'login' }] };
    await api.unrecorded.post(
      'v1/pods',
      pod('web', `${api.cluster.registry}/slipway/web:1`, { imagePullPolicy: 'Always' }, spec),
    );
    await keepEvents(api, 'web', ['FailedToRetrieveImagePullSecret']);
  });

  it('tells of replica sets that are scaled, of pods that are made and deleted', async (api) => {
    await api.unrecorded.post(
      'apps/v1/deployments',
      deployment('web', `${api.cluster.registry}/slipway/web:1`, { replicas: 1 }),
    );
    const name = await replicaSetOf(api);
    await keepEvents(api, 'web', ['ScalingReplicaSet']);
    await api.until(
      'v1/pods',
      ({ items = [] }) => items.length === 1,
      ({ items = [] }) => ({ generateName: items[0]?.metadata.generateName, name: items[0]?.metadata.name }),
    );
    await keepEvents(api, name, ['SuccessfulCreate']);
    await api.unrecorded.mergePatch('apps/v1/deployments/web', { spec: { replicas: 0 } });
    await keepEvents(api, name, ['SuccessfulDelete']);
    await keepEvents(api, 'web', ['ScalingReplicaSet']);
  });

  it('tells of pods that a quota refuses', async (api) => {
    await api.unrecorded.post('v1/resourcequotas', { metadata: { name: 'small' }, spec: { hard: { pods: '0' } } });
    await api.unrecorded.until('v1/resourcequotas/small', ({ status }) => status?.hard !== undefined);
    await api.unrecorded.post(
      'apps/v1/deployments',
      deployment('web', `${api.cluster.registry}/slipway/web:1`, { replicas: 1 }),
    );
    const name = await replicaSetOf(api);
    await api.until(
      `v1/events?fieldSelector=involvedObject.name=${name}`,
      ({ items = [] }) => items.length > 0,
      ({ items = [] }) => ({
        type: items[0]?.type,
        reason: items[0]?.reason,
        message: String(items[0]?.message).replace(/"web-[^"]*"/, '"POD"'),
      }),
    );
  });

  it('tells of jobs that make pods and complete or fail', async (api) => {
    await api.unrecorded.post('batch/v1/jobs', job('task', `${api.cluster.registry}/slipway/task:1`));
    await api.unrecorded.post(
      'batch/v1/jobs',
      job('crash', `${api.cluster.registry}/slipway/crash:1`, { backoffLimit: 0 }),
    );
    await api.unrecorded.until('batch/v1/jobs/task', ({ status }) => status?.succeeded === 1);
    await api.unrecorded.until('batch/v1/jobs/crash', ({ status }) => status?.failed === 1);
    const reasons = async (name: string, wanted: readonly string[]): Promise<void> => {
      await api.until(
        `v1/events?fieldSelector=involvedObject.name=${name}`,
        ({ items = [] }) => wanted.every((reason) => items.some((event) => event.reason === reason)),
        ({ items = [] }) => ({
          events: items.map(({ type, reason, message }) => ({
            type,
            reason,
            message: String(message).replace(/: \w+-\w{5}$/, ': POD'),
          })),
        }),
      );
    };
    await reasons('task', ['SuccessfulCreate', 'Completed']);
    await reasons('crash', ['SuccessfulCreate', 'BackoffLimitExceeded']);
  });
}
