import { waitFor } from '@slipway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { DeployedApp } from './fixture/deployed-app.js';
import { startInstance, type Instance } from './fixture/instance.js';
import { hold, kubectl, letGo } from './fixture/real-cluster.js';
import { tell } from './fixture/tell.js';
import { patienceMs, testImage } from './fixture/test-cluster.js';

interface Leaving {
  readonly id: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

let instance: Instance;
beforeAll(async () => {
  instance = await startInstance();
}, 90_000);
afterAll(() => instance.close());

const deploy = async (app_name: string): Promise<[DeployedApp, string]> => {
  const app = await DeployedApp.create(instance.client, { app_name, image: testImage('web') });
  await app.until({ status: 'running' });
  return [app, await app.namespace()];
};

/** What the list of those being deleted says of it; they are 404 everywhere else. */
async function leaving({ id }: DeployedApp): Promise<Leaving | undefined> {
  const { body } = await instance.client.send('GET', '/v1/deployments?status=deleting');
  return (body.deployments as Leaving[]).find((one) => one.id === id);
}

let count = 0;

describe.concurrent('a deployment whose removal hangs', () => {
  it.each<[string, (app: DeployedApp, namespace: string) => Promise<string>, RegExp]>([
    [
      "on an object's finalizer",
      async (app) => `service/${app.name}`,
      /the Service "hangs-[0-9]" has the finalizer example\.com\/hold/,
    ],
    [
      "on a pod's finalizer",
      async (app) => `pod/${(await app.pods())[0]?.metadata.name}`,
      /the Pod "hangs-[a-z0-9-]+" has the finalizer example\.com\/hold/,
    ],
    [
      'on an object of a kind that Slipway does not know',
      async (_, namespace) => {
        await kubectl(['create', 'configmap', 'held', '-n', namespace]);
        return 'configmap/held';
      },
      /configmaps\. has 1 resource instances; .*example\.com\/hold in 1 resource instances/,
    ],
    [
      'on a finalizer of the namespace',
      async (_, namespace) => `namespace/${namespace}`,
      /the Namespace "ce-hangs-[0-9a-f-]+" has the finalizer example\.com\/hold/,
    ],
  ])(
    '%s is told as such, and goes on when that is removed',
    async (what, find, words) => {
      const [app, namespace] = await deploy(`hangs-${count++}`);
      const object = await find(app, namespace);
      await hold(namespace, object);
      const { status, body } = await instance.client.send('DELETE', app.path, undefined, { prefer: 'wait=0' });
      expect([status, body.namespace_deleted]).toEqual([200, false]);
      const began = performance.now();
      const told = await waitFor(
        async () => {
          const one = await leaving(app);
          return one?.message && words.test(one.message) ? one : Promise.reject(new Error(JSON.stringify(one)));
        },
        { timeoutMs: 45_000, intervalMs: 200 },
      );
      tell(`${what}: ${told.status} ${told.reason} after ${Math.round(performance.now() - began)} ms: ${told.message}`);
      expect(told).toMatchObject({ status: 'deleting', reason: 'SomeFinalizersRemain' });
      expect(told.message).toMatch(/Let whoever set the finalizer do its work, or remove the finalizer by hand$/);

      await letGo(namespace, object);
      const removed = performance.now();
      await waitFor(async () => (await leaving(app)) === undefined, { timeoutMs: patienceMs, intervalMs: 100 });
      tell(`${what}: gone ${Math.round(performance.now() - removed)} ms after the finalizer`);
      expect(await kubectl(['get', 'namespace', namespace, '--ignore-not-found'])).toBe('');
      const again = await instance.client.send('GET', app.path);
      expect(again.status).toBe(404);
    },
    120_000,
  );
});
