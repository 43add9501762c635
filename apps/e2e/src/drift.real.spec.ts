import { isDeepStrictEqual } from 'node:util';

import { waitFor } from '@slipway/testing';
import { afterAll, beforeAll, describe, it } from 'vitest';

import { agree } from './fixture/agreement.js';
import { DeployedApp } from './fixture/deployed-app.js';
import { startInstance, type Instance } from './fixture/instance.js';
import { facts, kubectl, kubectlJson, type KubeObject, LOOK_MS } from './fixture/real-cluster.js';
import { tell } from './fixture/tell.js';
import { testImage } from './fixture/test-cluster.js';

/** What no watch tells of is noticed by comparing everything this often. */
const RESYNC_SECONDS = 10;

const { address, username, password } = facts.protectedRegistry;

let instance: Instance;
let app: DeployedApp;
let namespace: string;
beforeAll(async () => {
  instance = await startInstance({ env: { RESYNC_SECONDS: String(RESYNC_SECONDS) } });
  app = await DeployedApp.create(instance.client, {
    app_name: 'shop',
    image: `${address}/slipway/web:1`,
    replicas: 2,
    env_vars: { INTERVAL: '1' },
    registry_auth: { username, password },
    health_check: { path: '/health', initial_delay_seconds: 0, period_seconds: 1 },
  });
  await app.until({ status: 'running' });
  namespace = await app.namespace();
}, 120_000);
afterAll(() => instance.close());

interface WrittenObject extends KubeObject {
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** What somebody wrote of an object, without what the cluster keeps about it. */
async function written(kind: string, name: string): Promise<unknown> {
  const { metadata, spec, ...object } = await kubectlJson<WrittenObject>('get', kind, name, '-n', namespace);
  const { labels, annotations = {} } = metadata;
  return {
    ...object,
    status: undefined,
    labels,
    applied: annotations['slipway.dev/applied'],
    // Given to a Service anew when it is made again.
    spec: { ...spec, clusterIP: undefined, clusterIPs: undefined },
  };
}

const patch =
  (kind: string, name: string, change: object, type = 'merge') =>
  () =>
    kubectl(['patch', kind, name, '-n', namespace, `--type=${type}`, '-p', JSON.stringify(change)]);
const remove = (kind: string, name: string) => () => kubectl(['delete', kind, name, '-n', namespace, '--wait=false']);

const json = (op: string, path: string, value?: unknown) => [{ op, path, value }];

describe('drift behind its back', () => {
  it.each<[string, string, string, () => Promise<unknown>, number?]>([
    [
      'a Deployment of another image',
      'deployment',
      'shop',
      () => kubectl(['set', 'image', 'deployment/shop', `app=${testImage('crash')}`, '-n', namespace]),
    ],
    [
      'a Deployment that was scaled',
      'deployment',
      'shop',
      () => kubectl(['scale', 'deployment/shop', '--replicas=5', '-n', namespace]),
    ],
    [
      'a Deployment without its readiness probe',
      'deployment',
      'shop',
      patch('deployment', 'shop', json('remove', '/spec/template/spec/containers/0/readinessProbe'), 'json'),
    ],
    [
      'a Deployment that is paused',
      'deployment',
      'shop',
      () => kubectl(['rollout', 'pause', 'deployment/shop', '-n', namespace]),
    ],
    ['a Deployment that is gone', 'deployment', 'shop', remove('deployment', 'shop')],
    [
      'a Service that leads to another port',
      'service',
      'shop',
      patch('service', 'shop', { spec: { ports: [{ name: 'http', port: 8080, targetPort: 1 }] } }),
    ],
    [
      'a Service that selects no pod',
      'service',
      'shop',
      patch('service', 'shop', { spec: { selector: { version: 'other' } } }),
    ],
    ['a Service that is gone', 'service', 'shop', remove('service', 'shop')],
    [
      'an Ingress of another host',
      'ingress',
      'shop',
      patch('ingress', 'shop', json('replace', '/spec/rules/0/host', 'evil.example.com'), 'json'),
    ],
    ['an Ingress that is gone', 'ingress', 'shop', remove('ingress', 'shop')],
    [
      'a NetworkPolicy that spares all pods',
      'networkpolicy',
      'slipway',
      patch('networkpolicy', 'slipway', { spec: { podSelector: { matchLabels: { none: 'such' } } } }),
    ],
    ['a NetworkPolicy that is gone', 'networkpolicy', 'slipway', remove('networkpolicy', 'slipway')],
    [
      'a ResourceQuota that was raised',
      'resourcequota',
      'slipway',
      patch('resourcequota', 'slipway', { spec: { hard: { pods: '9999' } } }),
    ],
    [
      'a namespace without its pod security',
      'namespace',
      '',
      () => kubectl(['label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce-', '-n', namespace]),
    ],
    ['a Secret of variables that is gone', 'secret', 'shop-env-1', remove('secret', 'shop-env-1'), RESYNC_SECONDS],
    [
      'a registry Secret that was changed',
      'secret',
      'shop-registry',
      patch('secret', 'shop-registry', { data: { '.dockerconfigjson': 'e30=' } }),
      RESYNC_SECONDS,
    ],
    [
      'a Secret whose label was taken',
      'secret',
      'shop-registry',
      () => kubectl(['label', 'secret', 'shop-registry', 'app.kubernetes.io/instance-', '-n', namespace]),
      RESYNC_SECONDS,
    ],
  ])(
    '%s is repaired',
    async (what, kind, name, act, seconds = 0) => {
      const object = name || namespace;
      const before = await written(kind, object);
      await act();
      const began = performance.now();
      await waitFor(async () => isDeepStrictEqual(await written(kind, object), before), {
        timeoutMs: 1.2 * seconds * 1000 + 5_000,
        intervalMs: LOOK_MS,
      });
      tell(`${what}: repaired after ${Math.round(performance.now() - began)} ms`);
      await app.until({ status: 'running', reason: null }, 20_000);
      tell(await agree(app));
    },
    60_000,
  );

  it('a namespace that was deleted is made again, with all that was in it', async () => {
    await kubectl(['delete', 'namespace', namespace, '--wait=false']);
    const began = performance.now();
    await waitFor(async () => (await app.told()).status !== 'running');
    const told = await app.told();
    tell(`the namespace is deleted: ${told.status} ${told.reason}: ${told.message}`);
    await app.until({ status: 'running', reason: null });
    tell(`the namespace: back after ${Math.round(performance.now() - began)} ms`);
    tell(await agree(app));
  });
});
