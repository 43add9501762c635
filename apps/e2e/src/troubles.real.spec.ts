import { waitFor } from '@slipway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { agree } from './fixture/agreement.js';
import { DeployedApp, type Told } from './fixture/deployed-app.js';
import { startInstance, type Instance } from './fixture/instance.js';
import {
  type ContainerStatus,
  type Deployment,
  facts,
  kubectl,
  type Pod,
  type Watch,
  watchObjects,
} from './fixture/real-cluster.js';
import { tell } from './fixture/tell.js';
import { testImage } from './fixture/test-cluster.js';

/** From the cluster's own status to the API's answer, in milliseconds. */
const TOLD_WITHIN_MS = 10_000;

let instance: Instance;
const watches: Watch[] = [];
const agreed: string[] = [];
/** When the cluster first showed something, by the id of the app and what it showed. */
const shown = new Map<string, number>();

const note = (id: string, what: string): void => {
  const key = `${id} ${what}`;
  if (!shown.has(key)) shown.set(key, performance.now());
};
const appOf = ({ metadata }: Pod | Deployment): string => metadata.labels?.['app.kubernetes.io/instance'] ?? '';

function noteContainer(id: string, { state, lastState, restartCount }: ContainerStatus): void {
  const reasons = [state?.waiting?.reason, state?.terminated?.reason, lastState?.terminated?.reason];
  for (const reason of reasons) if (reason) note(id, reason);
  if (restartCount > 0 && !state?.running) note(id, 'a crash');
  if (restartCount >= 3) note(id, 'three restarts');
}

beforeAll(async () => {
  watches.push(
    watchObjects<Pod>('/api/v1/pods', (_, pod) => {
      for (const container of pod.status.containerStatuses ?? []) noteContainer(appOf(pod), container);
      for (const { reason } of pod.status.conditions ?? []) if (reason) note(appOf(pod), reason);
    }),
    watchObjects<Deployment>('/apis/apps/v1/deployments', (_, deployment) => {
      for (const { type, status } of deployment.status.conditions ?? []) note(appOf(deployment), `${type} ${status}`);
    }),
  );
  instance = await startInstance();
}, 90_000);
afterAll(async () => {
  await instance.close();
  await Promise.all(watches.map((watch) => watch.close()));
});

const deploy = (app_name: string, image: string, body: object = {}): Promise<DeployedApp> =>
  DeployedApp.create(instance.client, { app_name, image, ...body });

const alike = async (app: DeployedApp): Promise<void> => void agreed.push(await agree(app));

/** Waits until the API tells of it, and says how long after the cluster showed `what` that was. */
async function told(app: DeployedApp, what: string, wanted: Partial<Told>): Promise<Told> {
  const seen = await app.until(wanted, 90_000);
  const at = performance.now();
  const cluster = await waitFor(() => shown.get(`${app.id} ${what}`));
  const ms = Math.round(at - cluster);
  tell(`${app.name}: ${seen.status} ${seen.reason}, ${ms} ms after the cluster showed ${what}: ${seen.message}`);
  expect(ms).toBeLessThan(TOLD_WITHIN_MS);
  return seen;
}

describe.concurrent('trouble is told of within ten seconds, with what to do', () => {
  it('ImagePullBackOff', async () => {
    const app = await deploy('missing', testImage('web', 'missing'));
    const first = await told(app, 'ErrImagePull', { status: 'failed', health: 'unhealthy' });
    await alike(app);
    expect(first.message).toMatch(/not found\. Correct the name or tag of the image, or push it$/);
    await told(app, 'ImagePullBackOff', { status: 'failed', reason: 'ImagePullBackOff' });
    await alike(app);
    await app.send('PUT', '', { image: testImage('web') });
    await app.until({ status: 'running', reason: null, message: null });
  });

  it('ImagePullBackOff of a registry that wants a password', async () => {
    const app = await deploy('locked', `${facts.protectedRegistry.address}/slipway/web:1`);
    const seen = await told(app, 'ErrImagePull', { status: 'failed' });
    await alike(app);
    expect(seen.message).toMatch(/401 Unauthorized\. Give the app the credentials of the registry, or correct them$/);
  });

  it('CrashLoopBackOff, from the first crash on', async () => {
    const app = await deploy('crash', testImage('crash'));
    const seen = await told(app, 'a crash', { status: 'deploying', reason: 'CrashLoopBackOff' });
    await alike(app);
    expect(seen.message).toMatch(/^container app ended with exit code 3; restarted (once|2 times)\. Its log tells why/);
    await told(app, 'three restarts', { status: 'failed', reason: 'CrashLoopBackOff', restart_count: 3 });
    await alike(app);
    await app.send('PUT', '', { image: testImage('web') });
    await app.until({ status: 'running', reason: null });
  });

  it('CrashLoopBackOff of a program that just ends', async () => {
    const app = await deploy('task', testImage('task'));
    const seen = await told(app, 'three restarts', { status: 'failed', reason: 'CrashLoopBackOff' });
    await alike(app);
    expect(seen.message).toMatch(/^container app ended with exit code 0; restarted 3 times/);
  });

  it('OOMKilled', async () => {
    const app = await deploy('memory', testImage('memory'), { resources: { cpu: '500m', memory: '32Mi' } });
    const seen = await told(app, 'OOMKilled', { status: 'failed', reason: 'OOMKilled' });
    await alike(app);
    expect(seen.message).toMatch(
      /^container app ran out of memory, its limit is 32Mi(; restarted once)?\. Raise its memory limit/,
    );
  });

  it('Unschedulable, at once as a reason and after a minute as a failure', async () => {
    const app = await deploy('greedy', testImage('web'), { resources: { cpu: '1000' } });
    const seen = await told(app, 'Unschedulable', { status: 'deploying', reason: 'Unschedulable', health: 'unknown' });
    await alike(app);
    expect(seen.message).toMatch(/Insufficient cpu.*\. Ask for less CPU or memory, or add nodes to the cluster$/);
    await app.until({ status: 'failed', reason: 'Unschedulable', health: 'unhealthy' });
    const ms = performance.now() - (shown.get(`${app.id} Unschedulable`) ?? 0);
    tell(`greedy: failed ${Math.round(ms)} ms after it was unschedulable`);
    expect(ms).toBeLessThan(60_000 + TOLD_WITHIN_MS);
    await alike(app);
    await app.send('PUT', '', { resources: { cpu: '10m' } });
    await app.until({ status: 'running', reason: null });
  });

  it('ExceededQuota of pods, made behind its back', async () => {
    const app = await deploy('many', testImage('web'));
    await app.until({ status: 'running' });
    const namespace = await app.namespace();
    await kubectl(['create', 'quota', 'tight', '-n', namespace, '--hard=pods=2']);
    await app.send('PATCH', '/scale', { replicas: 4 });
    const seen = await told(app, 'ReplicaFailure True', {
      status: 'failed',
      reason: 'ExceededQuota',
      health: 'degraded',
    });
    await alike(app);
    expect(seen.message).toMatch(/exceeded quota: tight.*Ask for fewer replicas or resources, or have the quota/);
    await app.until({ ready_replicas: 2 });
    await app.send('PATCH', '/scale', { replicas: 2 });
    await app.until({ status: 'running', reason: null });
    await alike(app);
  });

  it('ExceededQuota of objects that Slipway makes', async () => {
    const app = await deploy('frugal', testImage('web'));
    await app.until({ status: 'running' });
    const namespace = await app.namespace();
    await kubectl(['create', 'quota', 'none', '-n', namespace, '--hard=services=0']);
    await kubectl(['delete', 'service', 'frugal', '-n', namespace]);
    note(app.id, 'no Service');
    const seen = await told(app, 'no Service', { status: 'failed', reason: 'ExceededQuota', ready_replicas: 1 });
    expect(seen.message).toMatch(/services "frugal" is forbidden: exceeded quota: none/);
    await kubectl(['delete', 'quota', 'none', '-n', namespace]);
    await app.until({ status: 'running', reason: null });
  });

  it('ContainersNotReady of an app that does not listen on its port', async () => {
    const app = await deploy('elsewhere', testImage('web'), { port: 9999 });
    const seen = await told(app, 'ContainersNotReady', { status: 'deploying', reason: 'ContainersNotReady' });
    await alike(app);
    expect(seen.message).toMatch(/container app accepts no connection on port 9999\. See that the app listens on its/);
  });
});

describe('every status shown', () => {
  it('was agreed on by kubectl and Slipway', () => {
    for (const line of agreed) tell(line);
    expect(agreed).toHaveLength(12);
  });
});
