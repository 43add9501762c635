import { waitFor } from '@slipway/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { DeployedApp } from './fixture/deployed-app.js';
import { followByHttp, followByWebSocket, said, type Line } from './fixture/followed-log.js';
import { startInstance, type Instance } from './fixture/instance.js';
import { kubectl, LOOK_MS } from './fixture/real-cluster.js';
import { tell } from './fixture/tell.js';
import { testImage } from './fixture/test-cluster.js';

/** Twenty-five lines a second from each pod. */
const talkative = { INTERVAL: '0.04' };

let instance: Instance;
const endings: (() => void)[] = [];
beforeAll(async () => {
  instance = await startInstance();
}, 90_000);
afterEach(() => endings.splice(0).forEach((end) => end()));
afterAll(() => instance.close());

const deploy = async (app_name: string, body: object): Promise<DeployedApp> => {
  const app = await DeployedApp.create(instance.client, { app_name, image: testImage('web'), ...body });
  await app.until({ status: 'running' });
  return app;
};

type Follow = typeof followByHttp;

const follow = async (by: Follow, app: DeployedApp): Promise<readonly Line[]> => {
  const { lines, close } = await by(instance.client, `${app.path}/logs`);
  endings.push(close);
  return lines;
};

/** `line 1` to `line n`, as one run of the image `web` writes them. */
const counted = (lines: number): string[] => Array.from({ length: lines }, (_, index) => `line ${index + 1}`);

const podNames = async (app: DeployedApp): Promise<string[]> => (await app.pods()).map(({ metadata }) => metadata.name);

describe.each([
  ['HTTP', followByHttp],
  ['a WebSocket', followByWebSocket],
] as [string, Follow][])('following by %s', (way, by) => {
  const name = way === 'HTTP' ? 'by-http' : 'by-socket';

  it('brings every line of every pod once, through a rolling update', async () => {
    const app = await deploy(`${name}-update`, { replicas: 2, env_vars: talkative });
    const lines = await follow(by, app);
    const before = await podNames(app);
    await app.send('PUT', '', { image: testImage('web', '2') });
    await app.until({ status: 'running', revision: 2 });
    await waitFor(async () => !(await podNames(app)).some((pod) => before.includes(pod)), {
      timeoutMs: 30_000,
      intervalMs: LOOK_MS,
    });
    const after = await podNames(app);
    await waitFor(() => after.every((pod) => said(lines, pod).length > 25), { timeoutMs: 15_000 });

    expect(new Set(lines.map(({ pod }) => pod))).toEqual(new Set([...before, ...after]));
    for (const pod of before) {
      const all = said(lines, pod);
      expect(all).toEqual([...counted(all.length - 1), 'stopping']);
    }
    for (const pod of after) expect(said(lines, pod)).toEqual(counted(said(lines, pod).length));
    tell(`${way}, rolling update: ${lines.length} lines of ${before.length + after.length} pods, none lost or twice`);
  });

  it('brings the last lines before a crash and the first ones after it', async () => {
    const app = await deploy(`${name}-crash`, { env_vars: talkative });
    const lines = await follow(by, app);
    const [pod = ''] = await podNames(app);
    const namespace = await app.namespace();
    await waitFor(() => said(lines, pod).length > 25);
    await kubectl(['exec', '-n', namespace, pod, '--', 'sh', '-c', 'kill -9 $(pidof httpd)']);
    const runs = (): number => said(lines, pod).filter((line) => line === 'line 1').length;
    const sinceRestart = (): number => said(lines, pod).length - said(lines, pod).lastIndexOf('line 1');
    await waitFor(() => runs() === 2 && sinceRestart() > 25, { timeoutMs: 30_000 });

    const previous = (await kubectl(['logs', '-n', namespace, pod, '--previous'])).trim().split('\n');
    expect(said(lines, pod).slice(0, previous.length)).toEqual(previous);
    const rest = said(lines, pod).slice(previous.length);
    expect(rest).toEqual(counted(rest.length));
    tell(`${way}, crash: ${previous.length} lines before it and ${rest.length} after, none lost or twice`);

    const { body } = await app.send('GET', '/logs?previous=true&tail=10000');
    expect((body.logs as Line[]).map(({ message }) => message)).toEqual(previous);
  });
});

describe('a container that crashes again and again', () => {
  it('is followed from run to run, each line once, and its last run is what a read shows', async () => {
    const app = await DeployedApp.create(instance.client, { app_name: 'crash', image: testImage('crash') });
    const lines = await follow(followByHttp, app);
    await app.until({ status: 'failed', reason: 'CrashLoopBackOff', restart_count: 3 });
    const words = 'cannot open the settings: no such file';
    await waitFor(() => lines.length === 4);
    expect(lines.map(({ message }) => message)).toEqual([words, words, words, words]);
    const { body } = await app.send('GET', '/logs');
    expect((body.logs as Line[]).map(({ message }) => message)).toEqual([words]);
  });
});
