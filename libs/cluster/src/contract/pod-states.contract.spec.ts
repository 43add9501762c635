import type { Answered } from '../fixture/contract/case-client.js';
import { type Behaves, contract } from '../fixture/contract/contract.js';
import { containerState, has, pod, withoutCounts } from '../fixture/contract/workloads.js';

contract(import.meta.url, cases, { concurrently: true });

function cases(it: Behaves): void {
  it('runs a pod, and says so when it is ready', async (api) => {
    await api.unrecorded.post('v1/pods', pod('web', `${api.cluster.registry}/slipway/web:1`));
    await api.until(
      'v1/pods/web',
      (body) => has(body, 'Ready'),
      ({ metadata, spec, status }) => ({
        generation: metadata.generation,
        spec: { ...spec, volumes: undefined, containers: undefined },
        status,
      }),
    );
  });

  it('lets a pod that need not run for ever succeed', async (api) => {
    await api.unrecorded.post(
      'v1/pods',
      pod('task', `${api.cluster.registry}/slipway/task:1`, {}, { restartPolicy: 'OnFailure' }),
    );
    await api.until(
      'v1/pods/task',
      (body) => body.status?.phase === 'Succeeded' && has(body, 'PodReadyToStartContainers', 'False'),
      ({ status }) => ({ status }),
    );
  });

  it('lets a pod fail that must not be restarted', async (api) => {
    await api.unrecorded.post(
      'v1/pods',
      pod('crash', `${api.cluster.registry}/slipway/crash:1`, {}, { restartPolicy: 'Never' }),
    );
    await api.until(
      'v1/pods/crash',
      (body) => body.status?.phase === 'Failed' && has(body, 'PodReadyToStartContainers', 'False'),
      ({ status }) => ({ status }),
    );
  });

  it('restarts a crashing container, later and later', async (api) => {
    await api.unrecorded.post('v1/pods', pod('crash', `${api.cluster.registry}/slipway/crash:1`));
    await api.until(
      'v1/pods/crash',
      (body) => containerState(body).waiting?.reason === 'CrashLoopBackOff',
      ({ status }) => withoutCounts({ status }),
    );
  });

  it('kills a container that takes more memory than its limit', async (api) => {
    const limited = { resources: { limits: { memory: '32Mi' } } };
    await api.unrecorded.post(
      'v1/pods',
      pod('memory', `${api.cluster.registry}/slipway/memory:1`, limited, { restartPolicy: 'Never' }),
    );
    await api.until(
      'v1/pods/memory',
      (body) => body.status?.phase === 'Failed',
      (body) => ({
        phase: body.status?.phase,
        qosClass: body.status?.qosClass,
        state: containerState(body),
      }),
    );
  });

  it('waits for an image that is not there', async (api) => {
    await api.unrecorded.post('v1/pods', pod('missing', `${api.cluster.registry}/slipway/missing:1`));
    await api.until(
      'v1/pods/missing',
      (body) => containerState(body).waiting?.reason === 'ErrImagePull',
      ({ status }) => ({ status }),
    );
    await api.until(
      'v1/pods/missing',
      (body) => containerState(body).waiting?.reason === 'ImagePullBackOff',
      ({ status }) => ({ status }),
    );
  });

  it('waits for a secret, a configuration and a key that are not there, and goes on when they come', async (api) => {
    const image = `${api.cluster.registry}/slipway/web:1`;
    await api.unrecorded.post('v1/pods', pod('secret', image, { envFrom: [{ secretRef: { name: 'settings' } }] }));
    await api.unrecorded.post(
      'v1/pods',
      pod('configuration', image, { envFrom: [{ configMapRef: { name: 'settings' } }] }),
    );
    await api.unrecorded.post('v1/secrets', { metadata: { name: 'login' }, stringData: { user: 'anna' } });
    const secretKeyRef = { name: 'login', key: 'password' };
    await api.unrecorded.post(
      'v1/pods',
      pod('key', image, { env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef } }] }),
    );
    for (const name of ['secret', 'configuration', 'key']) {
      await api.until(
        `v1/pods/${name}`,
        (body) => containerState(body).waiting?.reason === 'CreateContainerConfigError',
        (body) => ({ phase: body.status?.phase, conditions: body.status?.conditions, state: containerState(body) }),
      );
    }
    await api.unrecorded.post('v1/secrets', { metadata: { name: 'settings' }, stringData: { color: 'blue' } });
    await api.until(
      'v1/pods/secret',
      (body) => has(body, 'Ready'),
      (body) => ({ phase: body.status?.phase }),
    );
  });

  it('leaves a pod pending that no node has room for or none matches', async (api) => {
    const image = `${api.cluster.registry}/slipway/web:1`;
    await api.unrecorded.post('v1/pods', pod('memory', image, { resources: { requests: { memory: '900Ti' } } }));
    await api.unrecorded.post(
      'v1/pods',
      pod('both', image, { resources: { requests: { cpu: '90000', memory: '900Ti' } } }),
    );
    await api.unrecorded.post('v1/pods', pod('selector', image, {}, { nodeSelector: { color: 'blue' } }));
    for (const name of ['memory', 'both', 'selector']) {
      await api.until(
        `v1/pods/${name}`,
        (body) => has(body, 'PodScheduled', 'False'),
        ({ status }) => ({ status: { ...status, qosClass: undefined } }),
      );
    }
  });

  it('runs the init containers one after the other before the others', async (api) => {
    const initContainers = [
      { name: 'first', image: `${api.cluster.registry}/slipway/task:1` },
      { name: 'second', image: `${api.cluster.registry}/slipway/task:1` },
    ];
    await api.unrecorded.post('v1/pods', pod('web', `${api.cluster.registry}/slipway/web:1`, {}, { initContainers }));
    await api.until(
      'v1/pods/web',
      (body) => has(body, 'Ready'),
      ({ status }) => ({ status }),
    );
  });

  it('fails with an init container that fails', async (api) => {
    const initContainers = [
      { name: 'first', image: `${api.cluster.registry}/slipway/crash:1` },
      { name: 'second', image: `${api.cluster.registry}/slipway/task:1` },
    ];
    await api.unrecorded.post(
      'v1/pods',
      pod('web', `${api.cluster.registry}/slipway/web:1`, {}, { initContainers, restartPolicy: 'Never' }),
    );
    await api.until(
      'v1/pods/web',
      (body) => body.status?.phase === 'Failed' && has(body, 'PodReadyToStartContainers', 'False'),
      ({ status }) => ({
        status,
      }),
    );
  });

  it('tells while init containers fail again and again', async (api) => {
    const initContainers = [{ name: 'first', image: `${api.cluster.registry}/slipway/crash:1` }];
    await api.unrecorded.post('v1/pods', pod('web', `${api.cluster.registry}/slipway/web:1`, {}, { initContainers }));
    const first = ({ status }: Answered) =>
      ((status?.initContainerStatuses ?? []) as { restartCount: number; state: { waiting?: { reason: string } } }[])[0];
    // A kubelet tells of a back-off when it looks again, which is ten seconds later: the first one may be over by then.
    await api.unrecorded.until('v1/pods/web', (body) => first(body)?.restartCount === 2);
    await api.until(
      'v1/pods/web',
      (body) => first(body)?.state.waiting?.reason === 'CrashLoopBackOff',
      ({ status }) => withoutCounts({ status }),
    );
  });

  it('ends a pod that may only be active for a while', async (api) => {
    await api.unrecorded.post(
      'v1/pods',
      pod('web', `${api.cluster.registry}/slipway/web:1`, {}, { activeDeadlineSeconds: 2 }),
    );
    await api.until(
      'v1/pods/web',
      (body) => body.status?.phase === 'Failed' && has(body, 'PodReadyToStartContainers', 'False'),
      ({ status }) => ({ status }),
    );
  });

  it('counts only what is ready as ready, and stays running beside a container that has ended', async (api) => {
    const containers = [
      { name: 'main', image: `${api.cluster.registry}/slipway/web:1` },
      { name: 'task', image: `${api.cluster.registry}/slipway/task:1` },
    ];
    await api.unrecorded.post('v1/pods', pod('web', '', {}, { containers, restartPolicy: 'OnFailure' }));
    await api.until(
      'v1/pods/web',
      (body) => containerState(body, 1).terminated !== undefined && containerState(body).running !== undefined,
      ({ status }) => ({
        status,
      }),
    );
  });
}
