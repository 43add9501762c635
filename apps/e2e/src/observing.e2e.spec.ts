// What a user sees of a running deployment beside its status. On a real cluster the measures are those of its metrics-server.
import { waitFor } from '@slipway/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { DeployedApp } from './fixture/deployed-app.js';
import { followByHttp, followByWebSocket, said, type Line } from './fixture/followed-log.js';
import { startInstance, type Instance } from './fixture/instance.js';
import { patienceMs, testImage } from './fixture/test-cluster.js';

interface Pod {
  readonly name: string;
  readonly status: string;
  readonly ready: boolean;
  readonly node_name: string;
}

interface Metrics {
  readonly timestamp?: string;
  readonly window_seconds?: number;
  readonly cpu?: Readonly<Record<string, number>>;
  readonly memory?: Readonly<Record<string, number>>;
  readonly pods?: readonly { readonly name: string; readonly memory_bytes: number }[];
  readonly history?: readonly { readonly timestamp: string; readonly memory_bytes: number }[];
}

let instance: Instance;
let app: DeployedApp;
const deployed: DeployedApp[] = [];

const deploy = async (name: string): Promise<DeployedApp> => {
  const made = await DeployedApp.create(instance.client, { app_name: name, image: testImage('web'), replicas: 2 });
  deployed.push(made);
  await made.until({ status: 'running' });
  return made;
};
beforeAll(async () => {
  instance = await startInstance();
  app = await deploy('observed');
}, 180_000);
// On somebody else's cluster nobody else takes them away.
afterAll(async () => {
  for (const made of deployed) await made.send('DELETE');
  await instance.close();
});

const pods = async (of = app): Promise<readonly Pod[]> => (await of.send('GET', '/pods')).body.pods as Pod[];

describe('a running deployment', () => {
  it('tells of its pods', async () => {
    const told = await pods();
    expect(told).toHaveLength(2);
    for (const pod of told) {
      expect(pod).toEqual({
        name: expect.stringMatching(/^observed-/),
        status: 'Running',
        ready: true,
        restart_count: 0,
        node_name: expect.stringMatching(/./),
        created_at: expect.stringMatching(/^\d{4}-.*Z$/),
        reason: null,
        message: null,
      });
    }
  });

  it('has the lines of one pod at the address of that pod, and of no pod of another', async () => {
    const [pod, other] = (await pods()).map(({ name }) => name);
    const lines = await waitFor(async () => {
      const { body } = await app.send('GET', `/pods/${pod}/logs?tail=3`);
      return (body.logs as Line[]).length === 3 && (body.logs as Line[]);
    });
    expect(new Set(lines.map((line) => line.pod))).toEqual(new Set([pod]));

    const log = await followByWebSocket(instance.client, `${app.path}/pods/${other}/logs`, 'ws');
    const { length } = log.lines;
    await waitFor(() => log.lines.length > length + 1, { timeoutMs: patienceMs });
    log.close();
    expect(new Set(log.lines.map((line) => line.pod))).toEqual(new Set([other]));

    const foreign = await instance.client.send('GET', `${app.path}/pods/observed-0/logs`);
    expect([foreign.status, foreign.body]).toEqual([
      404,
      { error: { code: 'NOT_FOUND', message: 'Pod not found', details: '' } },
    ]);
  }, 120_000);

  it('tells where its hosts have to lead: nobody has set an address, so to where the cluster says', async () => {
    const { body } = await app.send('GET', '/node-ip');
    expect(body).toEqual({
      node_ip: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/),
      source: expect.stringMatching(/^(ingress|external|internal)$/),
    });
  });

  it('tells what its pods use, and what they used in the last hour', async () => {
    // A metrics-server has to have looked twice at both pods, and Slipway once at what it says.
    const metrics = await waitFor(
      async () => {
        const { body } = await app.send('GET', `/metrics?from=${new Date(0).toISOString()}&resolution=1h`);
        const told = body.metrics as Metrics;
        return told.pods?.length === 2 && told;
      },
      { timeoutMs: 90_000, intervalMs: 500 },
    );
    expect(Date.now() - Date.parse(metrics.timestamp ?? '')).toBeLessThan(120_000);
    expect(metrics.window_seconds).toBeGreaterThan(0);
    expect(metrics.cpu).toEqual({
      usage_millicores: expect.any(Number),
      request_millicores: 20,
      limit_millicores: 1_000,
    });
    expect(metrics.memory).toEqual({
      usage_bytes: expect.any(Number),
      request_bytes: 2 * 16 * 2 ** 20,
      limit_bytes: 2 * 512 * 2 ** 20,
    });
    expect(metrics.pods?.map(({ name }) => name)).toEqual((await pods()).map(({ name }) => name).toSorted());
    const used = metrics.pods?.map(({ memory_bytes }) => memory_bytes) ?? [];
    for (const bytes of used) expect(bytes).toBeGreaterThan(0);
    expect(metrics.memory?.usage_bytes).toBe(used.reduce((sum, bytes) => sum + bytes, 0));
    expect(metrics.history?.length).toBeGreaterThan(0);
    expect(metrics.history?.at(-1)?.memory_bytes).toBeGreaterThan(0);
  }, 120_000);

  it.each([
    ['HTTP', 'by-http', followByHttp],
    ['a WebSocket', 'by-socket', followByWebSocket],
  ] as [string, string, typeof followByHttp][])(
    'has every line of every pod once for a reader by %s, through the replacement of all pods',
    async (_way, name, follow) => {
      const replaced = await deploy(name);
      const podNames = async (): Promise<string[]> => (await pods(replaced)).map((pod) => pod.name);
      const before = await podNames();
      const log = await follow(instance.client, `${replaced.path}/logs`);
      await replaced.send('POST', '/restart');
      const after = await waitFor(
        async () => {
          const names = await podNames();
          return names.length === 2 && !names.some((pod) => before.includes(pod)) && names;
        },
        { timeoutMs: patienceMs },
      );
      const ended = (pod: string): boolean => said(log.lines, pod).at(-1)?.endsWith('stopping') ?? false;
      const counted = (pod: string): number[] =>
        said(log.lines, pod)
          .map((message) => /line (\d+)$/.exec(message)?.[1])
          .filter((number) => number !== undefined)
          .map(Number);
      await waitFor(() => before.every(ended) && after.every((pod) => counted(pod).length >= 3), {
        timeoutMs: patienceMs,
      });
      log.close();
      expect(new Set(log.lines.map(({ pod }) => pod))).toEqual(new Set([...before, ...after]));
      for (const pod of [...before, ...after]) {
        expect(counted(pod)).toEqual(counted(pod).map((_, index) => index + 1));
      }
    },
    240_000,
  );
});

describe('the readers of notifications', () => {
  it('are counted while they read', async () => {
    const { client } = instance;
    const counted = (connected_users: number, connections: number): Promise<unknown> =>
      waitFor(async () => {
        const { body } = await client.send('GET', '/v1/notifications/stats');
        const message = `WebSocket service is running with ${connected_users} connected users`;
        expect(body).toEqual({ connected_users, connections, message });
        return true;
      });
    await counted(0, 0);
    const socket = new WebSocket(new URL('/v1/ws/notifications', client.url.replace('http', 'ws')), {
      headers: client.headers,
    });
    const stream = await fetch(new URL('/v1/events', client.url), { headers: client.headers });
    await counted(1, 2);
    socket.close();
    await counted(1, 1);
    await stream.body?.cancel();
    await counted(0, 0);
  });
});
