// B6: 1 to 500 readers of one log that gets 100 lines a second. Beside it one bare follow, which has the lag that the cluster and the
// driver have by themselves, and a bare fan-out to as many sockets. Each side reads a log of its own, so that none works for another.
import type { HttpClient } from '@slipway/e2e';
import { waitFor } from '@slipway/testing';

import { type Benchmark, figure, type Limit, type Reading, type Scenario } from '../benchmark.js';
import { followLog } from '../floors/follow-log.js';
import { now } from '../measure/clock.js';
import { Expected } from '../measure/expected.js';
import type { Child } from '../parts/child.js';
import { startCluster } from '../parts/cluster.js';
import { ClusterClient } from '../parts/cluster-client.js';
import type { Instance } from '../parts/instance.js';
import { cpuSecondsOf } from '../parts/process-tree.js';
import { SocketReaders } from '../parts/socket-readers.js';
import type { Stage } from '../stage.js';
import type { ClusterAccess, Container } from '../world/cluster.js';

const READERS = [1, 50, 500];
/** What the API lets one user have. */
const READERS_PER_USER = 50;
const LINES_PER_SECOND = 100;
const WARM_UP_LINES = 50;
const LINES = 300;
const LEAD_MS = 50;
/** More than this late is lost. */
const PATIENCE_MS = 10_000;

export const logFollowers: Benchmark = {
  id: 'B6',
  title: '1 to 500 readers of a log with 100 lines a second',
  prepare: async (stage) => {
    const { process: world, access, args } = await startCluster(stage);
    const instance = await stage.instance({ args });
    stage.tell('deploying');
    const [slipway, fanOut, bare] = await Promise.all(
      ['slipway', 'fan-out', 'bare'].map((name) => deploy(instance.admin, access, name)),
    );
    if (!slipway || !fanOut || !bare) throw new Error('not all deployments were made');
    const admins = await instance.users(Math.max(...READERS) / READERS_PER_USER, { admin: true });
    return READERS.map((count) => {
      const rig = { stage, world, access, instance, tokens: admins.map(({ token }) => token) };
      return scenarioOf(count, rig, { slipway, fanOut, bare });
    });
  },
};

interface Rig {
  readonly stage: Stage;
  readonly world: Child;
  readonly access: ClusterAccess;
  readonly instance: Instance;
  /** Of users who may read all logs. */
  readonly tokens: readonly string[];
}

interface Deployed extends Container {
  readonly id: string;
}

function scenarioOf(count: number, rig: Rig, logs: Record<'slipway' | 'fanOut' | 'bare', Deployed>): Scenario {
  const { stage, world, access, instance, tokens } = rig;
  const stops: (() => unknown)[] = [];
  let slipway: SocketReaders;
  let fanOut: SocketReaders;
  let bareReader: Expected | undefined;
  let floor: Child;

  async function linesTo(container: Container, readers: number, listen: (expected: Expected) => void) {
    const expected = new Expected({ readers, messages: LINES, warmUp: WARM_UP_LINES });
    listen(expected);
    const { namespace, pod, container: name } = container;
    const beginAt = now() + LEAD_MS;
    await world.ask('write', { namespace, pod, container: name, perSecond: LINES_PER_SECOND, count: LINES, beginAt });
    await expected.complete(PATIENCE_MS);
    return expected.latencies.reading();
  }

  async function withCpu(secondsSoFar: () => number, work: () => Promise<Reading>): Promise<Reading> {
    const before = secondsSoFar();
    const reading = await work();
    return { ...reading, cpuSeconds: secondsSoFar() - before };
  }

  return {
    name: `${count} ${count === 1 ? 'reader' : 'readers'}`,
    open: async () => {
      floor = stage.child(new URL('../floors/log-fan-out.js', import.meta.url), 'floor');
      stops.push(() => floor.stop());
      const port = await floor.ask<number>('start', { access, container: logs.fanOut });
      stops.push(await followLog(access, logs.bare, (line) => bareReader?.take(0, Buffer.from(line))));
      fanOut = new SocketReaders(Array.from({ length: count }, () => ({ url: `ws://127.0.0.1:${port}` })));
      stops.push(() => fanOut.close());
      await fanOut.open();
      const url = `${instance.url.replace('http', 'ws')}/v1/deployments/${logs.slipway.id}/logs/stream?tail=0`;
      slipway = new SocketReaders(
        Array.from({ length: count }, (_, index) => ({
          url,
          headers: { authorization: `Bearer ${tokens[Math.floor(index / READERS_PER_USER)]}` },
        })),
      );
      stops.push(() => slipway.close());
      await slipway.open();
      const upstreams = await upstreamsOf(instance);
      if (upstreams !== 1)
        throw new Error(`${count} readers of one container have ${upstreams} upstreams instead of one`);
    },
    close: async () => {
      for (let stop = stops.pop(); stop; stop = stops.pop()) await stop();
    },
    sides: [
      {
        name: 'slipway',
        measure: () =>
          withCpu(
            () => instance.cpuSeconds,
            () => linesTo(logs.slipway, count, (expected) => (slipway.expected = expected)),
          ),
      },
      {
        name: 'fan-out',
        measure: () =>
          withCpu(
            () => cpuSecondsOf(floor.pid),
            () => linesTo(logs.fanOut, count, (expected) => (fanOut.expected = expected)),
          ),
      },
      { name: 'bare follow', measure: () => linesTo(logs.bare, 1, (expected) => (bareReader = expected)) },
    ],
    limits: limitsOf(count),
  };
}

function limitsOf(count: number): Limit[] {
  const goal = count >= 500 ? 50 : 10;
  return [
    {
      name: 'added lag, p99',
      unit: 'ms',
      better: 'lower',
      gate: 200,
      goal,
      of: (round) => figure(round, 'slipway', 'p99Ms') - figure(round, 'bare follow', 'p99Ms'),
    },
    {
      name: 'lag, p99, against fan-out',
      unit: '×',
      better: 'lower',
      of: (round) => figure(round, 'slipway', 'p99Ms') / figure(round, 'fan-out', 'p99Ms'),
    },
    {
      name: 'CPU against fan-out',
      unit: '×',
      better: 'lower',
      // With few readers what an idle instance costs outweighs what a line costs.
      ...(count >= 500 && { goal: 1.5 }),
      of: (round) => figure(round, 'slipway', 'cpuSeconds') / figure(round, 'fan-out', 'cpuSeconds'),
    },
  ];
}

async function deploy(admin: HttpClient, access: ClusterAccess, name: string): Promise<Deployed> {
  const created = await admin.send('POST', '/v1/deployments', {
    app_name: `bench-${name}`,
    image: 'registry.example.org/slipway/web:1',
    port: 8080,
  });
  if (created.status !== 201) throw new Error(`${name}: ${created.status} ${JSON.stringify(created.body)}`);
  const id = String(created.body.id);
  const pod = await waitFor(
    async () => {
      const { body } = await admin.send('GET', `/v1/deployments/${id}/pods`);
      const ready = (body.pods as { name: string; ready: boolean }[]).find((one) => one.ready);
      return ready?.name;
    },
    { timeoutMs: 60_000, intervalMs: 200 },
  );
  const answer = await admin.send('GET', `/v1/deployments/${id}/pods/${pod}/logs?tail=1`);
  const [line] = answer.body.logs as { container: string }[];
  if (!line) throw new Error(`${name} has not logged its start`);
  return { id, pod, container: line.container, namespace: await namespaceOf(access, id) };
}

async function namespaceOf(access: ClusterAccess, id: string): Promise<string> {
  const client = new ClusterClient(access);
  const [namespace] = await client.list(`/api/v1/namespaces?labelSelector=app.kubernetes.io/instance=${id}`);
  await client.close();
  if (!namespace) throw new Error(`deployment ${id} has no namespace`);
  return namespace.metadata.name;
}

/** How many containers are followed at the cluster, as the metrics tell. */
async function upstreamsOf(instance: Instance): Promise<number> {
  const { body } = await instance.admin.send('GET', '/metrics');
  return Number(/^slipway_log_upstreams(?:\{[^}]*\})? (\d+)/m.exec(String(body.text))?.[1] ?? Number.NaN);
}
