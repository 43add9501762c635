import { waitFor } from '@slipway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { agree } from './fixture/agreement.js';
import { DeployedApp } from './fixture/deployed-app.js';
import { Ingress } from './fixture/ingress.js';
import { startInstance, type Instance } from './fixture/instance.js';
import { facts, hold, letGo, LOOK_MS, type Pod } from './fixture/real-cluster.js';
import { tell } from './fixture/tell.js';
import { testImage } from './fixture/test-cluster.js';
import { Visitors, type Visits } from './fixture/visitors.js';

const { address, username, password } = facts.protectedRegistry;
/** Asked every second from the start, so that a test need not wait. */
const quickCheck = { path: '/health', initial_delay_seconds: 0, period_seconds: 1 };

const agreed: string[] = [];
let instance: Instance;
beforeAll(async () => {
  instance = await startInstance();
}, 90_000);
afterAll(() => instance.close());

const deploy = (app_name: string, body: object = {}): Promise<DeployedApp> =>
  DeployedApp.create(instance.client, { app_name, image: testImage('web'), health_check: quickCheck, ...body });

const seen = async (app: DeployedApp): Promise<void> => void agreed.push(await agree(app));

async function ingressOf(app: DeployedApp): Promise<Ingress> {
  const { url } = await app.until({ status: 'running' });
  return Ingress.of(String(url), await app.namespace());
}

/** Lets visitors in while something is done, and tells of them. */
async function visited(ingress: Ingress, perSecond: number, what: string, act: () => Promise<void>): Promise<Visits> {
  const began = performance.now();
  const visitors = new Visitors(ingress, perSecond);
  try {
    await act();
  } finally {
    await visitors.end();
  }
  const visits = await visitors.end();
  const seconds = (performance.now() - began) / 1000;
  tell(`${what}: ${visits.sent} requests in ${seconds.toFixed(1)} s, ${visits.failures.length} failed`);
  expect(visits.sent).toBeGreaterThan(0.9 * perSecond * seconds - perSecond);
  return visits;
}

describe.concurrent('an image', () => {
  it('of an open registry runs', async () => {
    const app = await deploy('open');
    await app.until({ status: 'running', health: 'healthy' });
    await seen(app);
  });

  it('of a registry with a password needs registry_auth, is told so, and runs with it', async () => {
    const app = await deploy('closed', { image: `${address}/slipway/web:1` });
    const failed = await app.until({ status: 'failed', reason: 'ImagePullBackOff', health: 'unhealthy' });
    expect(failed.message).toMatch(/401.*\. Give the app the credentials of the registry, or correct them$/);
    expect(failed.error_message).toBe(`ImagePullBackOff: ${failed.message}`);
    await seen(app);
    await app.send('PUT', '', { registry_auth: { username, password } });
    const began = performance.now();
    await app.until({ status: 'running' });
    tell(`runs ${((performance.now() - began) / 1000).toFixed(1)} s after it was given the password`);
    await seen(app);
  });

  it('of a registry with a password runs at once with registry_auth, and says so with a wrong one', async () => {
    const image = `${address}/slipway/web:2`;
    const right = await deploy('right', { image, registry_auth: { username, password } });
    const wrong = await deploy('wrong', { image, registry_auth: { username, password: `not ${password}` } });
    await right.until({ status: 'running', image });
    await seen(right);
    expect((await wrong.until({ status: 'failed' })).message).toMatch(/credentials of the registry, or correct them$/);
    await seen(wrong);
  });
});

describe.concurrent('a container', () => {
  it('is asked for its health, answers at the URL once it is ready, and no longer when it is stopped', async () => {
    const app = await deploy('slow', {
      image: testImage('slow'),
      env_vars: { DELAY: '6' },
      health_check: { ...quickCheck, failure_threshold: 10 },
    });
    await app.until({ status: 'deploying', url: null });
    await seen(app);
    const ingress = await ingressOf(app);
    try {
      const reply = await waitFor(() => ingress.get('/'));
      const [pod] = (await app.pods()).map(({ metadata }) => metadata.name);
      expect(reply).toEqual({ status: 200, text: `1 ${pod}` });
      expect(await ingress.get('/health')).toEqual({ status: 200, text: 'ok' });
      await seen(app);
      await app.send('PATCH', '/scale', { replicas: 2 }, { prefer: 'wait=0' });
      await app.until({ status: 'scaling', ready_replicas: 1, health: 'degraded' });
      await seen(app);
      await app.until({ status: 'running', ready_replicas: 2 });
      // Else both might have stopped before both were looked at.
      const held = [await app.namespace(), `pod/${(await app.pods())[0]?.metadata.name}`] as const;
      await hold(...held);
      await app.send('POST', '/stop', undefined, { prefer: 'wait=0' });
      await app.until({ status: 'stopping' });
      await seen(app);
      await letGo(...held);
      await app.until({ status: 'stopped', health: 'inactive' });
      await seen(app);
      expect(ingress.endpoints).toEqual([]);
      await app.send('POST', '/start', undefined, { prefer: 'wait=0' });
      await app.until({ status: 'starting' });
      await seen(app);
      await app.until({ status: 'running', ready_replicas: 2 });
      expect((await waitFor(() => ingress.get('/'))).status).toBe(200);
    } finally {
      await ingress.close();
    }
  });
});

describe.concurrent('an update that fails', () => {
  it.each<[string, object, string, string]>([
    ['a missing image', { image: testImage('web', 'missing') }, 'failed', 'ImagePullBackOff'],
    ['an image that crashes', { image: testImage('crash') }, 'failed', 'CrashLoopBackOff'],
    [
      'a health check that never succeeds',
      { health_check: { path: '/nowhere', period_seconds: 30, initial_delay_seconds: 0 } },
      'updating',
      'ContainersNotReady',
    ],
  ])(
    'for %s leaves the old revision serving, and says so',
    async (what, change, status, reason) => {
      const app = await deploy(`steady-${reason.toLowerCase()}`, { replicas: 2 });
      const ingress = await ingressOf(app);
      try {
        await waitFor(() => ingress.get('/'));
        const visits = await visited(ingress, 50, what, async () => {
          await app.send('PUT', '', change);
          await app.until({ status, reason, health: 'healthy', ready_replicas: 2, revision: 2 });
          await seen(app);
        });
        expect(visits.failures).toEqual([]);
        expect([...visits.answers.keys()].every((text) => text.startsWith('1 '))).toBe(true);
        await app.send('PUT', '', { image: testImage('web', '2'), health_check: quickCheck });
        await app.until({ status: 'running', reason: null, revision: 3 });
        await seen(app);
      } finally {
        await ingress.close();
      }
    },
    90_000,
  );
});

const isLeaving = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;
const isDeaf = ({ spec }: Pod): boolean => spec.containers[0]?.image === testImage('stubborn');

describe('fifty requests a second', () => {
  let app: DeployedApp;
  let ingress: Ingress;
  beforeAll(async () => {
    app = await deploy('busy');
    ingress = await ingressOf(app);
    await waitFor(() => ingress.get('/'));
  });
  afterAll(() => ingress.close());

  const steps: [string, () => Promise<unknown>, object?][] = [
    ['another image', () => app.send('PUT', '', { image: testImage('web', '2') })],
    ['three replicas', () => app.send('PATCH', '/scale', { replicas: 3 })],
    ['a restart', () => app.send('POST', '/restart')],
    ['other variables', () => app.send('PUT', '', { env_vars: { INTERVAL: '0.2' } })],
    ['another port', () => app.send('PUT', '', { port: 9090, env_vars: { PORT: '9090' } })],
    [
      'an image that starts slowly, without a health check',
      () =>
        app.send('PUT', '', { image: testImage('slow'), health_check: null, env_vars: { PORT: '9090', DELAY: '2' } }),
    ],
    ['an image that ignores SIGTERM', () => app.send('PUT', '', { image: testImage('stubborn') })],
    ['and one that heeds it', () => app.send('PUT', '', { image: testImage('web') })],
    ['one replica', () => app.send('PATCH', '/scale', { replicas: 1 })],
  ];
  it.each(steps)(
    'lose none to %s',
    async (what, act) => {
      const visits = await visited(ingress, 50, what, async () => {
        await act();
        await app.until({ status: 'running' });
        // The old pods leave after the new ones are ready; those that are deaf to it stay for thirty seconds, harmless.
        await waitFor(async () => (await app.pods()).every((pod) => !isLeaving(pod) || isDeaf(pod)), {
          intervalMs: LOOK_MS,
        });
      });
      expect(visits.failures).toEqual([]);
      await seen(app);
    },
    90_000,
  );
});

describe('every status shown', () => {
  it('was agreed on by kubectl and Slipway', () => {
    for (const line of agreed) tell(line);
    const states = ['deploying', 'running', 'updating', 'scaling', 'stopping', 'stopped', 'starting', 'failed'];
    for (const state of states) expect(agreed.some((line) => line.includes(` ${state} `))).toBe(true);
    expect(agreed).toHaveLength(26);
  });
});
