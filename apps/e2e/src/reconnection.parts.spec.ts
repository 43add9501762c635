// Parts of the cluster are taken away and brought back while Apps are changed all the time. Whatever is away, commands are accepted and the API
// says what is true, or since when it cannot know; once it is back, everything becomes as it was asked, once.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { layoutOf, Processes } from '@slipway/real-cluster';
import { waitFor } from '@slipway/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { differences, falselyRunning, slipwayObjects } from './fixture/as-asked.js';
import { DeployedApp, type Told } from './fixture/deployed-app.js';
import { startInstance, type Instance } from './fixture/instance.js';
import { type Asked, Load } from './fixture/load.js';
import { facts, kubectl, kubectlJson, type KubeObject } from './fixture/real-cluster.js';
import { tell } from './fixture/tell.js';
import { testImage } from './fixture/test-cluster.js';

/** Everything is as asked so long after the last request, however long a part was away: its own controllers take half of it to come back. */
const CONVERGED_MS = 60_000;
/** A silent cluster is told within it, and so is whatever the cluster knows. */
const TOLD_MS = 10_000;

const parts = new Processes(layoutOf(facts.name).folder);
const strangers = new Set<string>();
const own: Asked[] = [];
const loads: Load[] = [];

let instance: Instance;
let startedAt: string;
/** Stands still, so that what is told of it tells of the cluster alone. */
let witness: DeployedApp;
let lines: Line[];

interface Line {
  readonly pod: string;
  readonly message: string;
}

beforeAll(async () => {
  for (const { kind, metadata } of await slipwayObjects()) if (kind === 'Namespace') strangers.add(metadata.name);
  instance = await startInstance();
  startedAt = await processStart();
  witness = await deploy('witness', 2);
  lines = await follow(witness);
}, 120_000);

afterEach(async () => {
  await Promise.all(loads.map((load) => load.stop()));
  for (const { name, running } of parts.list()) {
    if (running) parts.resume(name);
    else parts.restart(name);
  }
  await apiServerIsReady();
}, 120_000);

afterAll(() => instance.close());

describe('an API server that is killed under load', () => {
  it('is told with since when, keeps no command from being accepted, and all that was asked comes about', async () => {
    const load = await startLoad('killed');
    const killedAt = Date.now();
    await parts.kill('kube-apiserver');
    expect(await witness.until({ reason: 'ClusterUnreachable' }, TOLD_MS)).toMatchObject(unseenSince(killedAt));
    const made = await deploy('made-away', 1, {});
    expect(await made.until({ reason: 'ClusterUnreachable' }, TOLD_MS)).toMatchObject({
      status: 'pending',
      health: 'unknown',
    });
    await goesOn(load);
    expect(await calledRunning(load)).toEqual([]);
    parts.restart('kube-apiserver');
    await converges('API server killed', load);
  }, 300_000);
});

describe('an API server that hangs', () => {
  it('is told with since when, and all that was asked comes about when it answers again', async () => {
    const load = await startLoad('hanging');
    const hangsSince = Date.now();
    parts.pause('kube-apiserver');
    expect(await witness.until({ reason: 'ClusterUnreachable' }, TOLD_MS)).toMatchObject(unseenSince(hangsSince));
    await goesOn(load);
    expect(await calledRunning(load)).toEqual([]);
    parts.resume('kube-apiserver');
    await converges('API server hung', load);
  }, 300_000);
});

describe('a history that is compacted while the API server is away', () => {
  it('makes the watches begin anew, and nothing that happened meanwhile is missed', async () => {
    const load = await startLoad('expired');
    const { metadata } = await kubectlJson<KubeObject>('get', 'namespace', 'default');
    const before = expiredWatches();
    await parts.kill('kube-apiserver');
    await compactHistory();
    parts.restart('kube-apiserver');
    await apiServerIsReady();
    const path = `/api/v1/namespaces?watch=true&timeoutSeconds=1&resourceVersion=${metadata.resourceVersion}`;
    expect(await kubectl(['get', '--raw', path])).toContain('"code":410');
    await waitFor(() => expiredWatches() > before, { timeoutMs: 30_000 });
    await goesOn(load);
    await converges('history compacted', load, `${expiredWatches() - before} watches of Slipway got 410`);
  }, 300_000);
});

describe.each([
  ['hangs', async () => parts.pause('kubelet'), async () => parts.resume('kubelet')],
  ['is killed', () => parts.kill('kubelet'), async () => parts.restart('kubelet')],
])('a kubelet that %s', (how, takeAway, bringBack) => {
  it('takes running from its Apps as soon as the cluster knows, with the node as the reason', async () => {
    const load = await startLoad(how === 'hangs' ? 'frozen' : 'nodeless');
    await takeAway();
    try {
      await waitFor(async () => !(await nodeIsReady()), { timeoutMs: 30_000 });
      // Pods are taken one by one, and what the API tells comes in two answers: health is in that of the counts.
      const told = await witness.until({ reason: 'NodeNotReady', ready_replicas: 0, health: 'unknown' }, TOLD_MS);
      expect(told).toMatchObject({ status: 'scaling', health: 'unknown', counts: { desired: 2, ready: 0 } });
      expect(told.message).toMatch(/^the node \S+ of 2 pods does not answer since \d{4}-.*Z/);
      const made = await deploy(`made-${how === 'hangs' ? 'frozen' : 'nodeless'}`, 1, {});
      await goesOn(load);
      await noneFalselyRunning();
      expect((await made.told()).status).toBe('deploying');
    } finally {
      await bringBack();
    }
    await converges(`kubelet ${how}`, load);
  }, 300_000);
});

describe('a controller-manager that is killed', () => {
  it('takes running from an App that lost a pod, says that the cluster does not act, and all that was asked comes about', async () => {
    const victim = await deploy('victim', 2);
    const load = await startLoad('uncontrolled');
    await parts.kill('kube-controller-manager');
    const [pod] = await victim.pods();
    await kubectl(['delete', 'pod', pod?.metadata.name ?? '', '-n', await victim.namespace(), '--grace-period=1']);
    await victim.until({ status: 'scaling', ready_replicas: 1 }, 2_000);
    const made = await deploy('made-uncontrolled', 1, {});
    for (const app of [victim, made]) {
      const { message } = await app.until({ reason: 'ControllersSilent' }, 2 * TOLD_MS);
      expect(message).toMatch(/since \d{4}-.*Z/);
    }
    await goesOn(load);
    await noneFalselyRunning();
    expect((await witness.told()).status).toBe('running');
    parts.restart('kube-controller-manager');
    await converges('controller-manager killed', load);
  }, 300_000);
});

describe('after all of it', () => {
  it('no message became a dead letter, no line of a log is missing or told twice, and what is deleted leaves nothing', async () => {
    expect(deadLetters()).toBe('There are no dead letters.\n');
    expect(errorLines()).toEqual([]);
    const pods = new Set(lines.map(({ pod }) => pod));
    expect(pods.size).toBe(2);
    for (const name of pods) {
      const own = lines.filter(({ pod }) => pod === name);
      const numbers = own.map(({ message }) => Number(message.replace('line ', '')));
      expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
    }
    tell(`${lines.length} lines of the witness's log, without a gap`);
    const remove = async (app: Asked): Promise<void> => {
      expect((await instance.client.send('DELETE', `/v1/deployments/${app.id}`)).status).toBe(200);
      app.deleted = true;
    };
    await Promise.all(
      asked()
        .filter(({ deleted }) => !deleted)
        .map(remove),
    );
    await waitFor(() => asAsked(), { timeoutMs: CONVERGED_MS, intervalMs: 500 });
  }, 120_000);
});

/** `awaited`: what is waited for. */
async function deploy(
  app_name: string,
  replicas: number,
  awaited: Partial<Told> = { status: 'running' },
): Promise<DeployedApp> {
  const body = { app_name, replicas, image: testImage('web'), env_vars: { MARK: app_name } };
  const app = await DeployedApp.create(instance.client, body);
  own.push({ id: app.id, name: app_name, replicas, tag: '1', mark: app_name, stopped: false, deleted: false });
  await app.until(awaited);
  return app;
}

/** Under way once it has asked for a few things of every kind. */
async function startLoad(name: string): Promise<Load> {
  const load = new Load(instance.client, name);
  loads.push(load);
  await waitFor(() => load.requests >= 12, { timeoutMs: 60_000 });
  return load;
}

/** Commands are accepted, whatever is away. */
async function goesOn(load: Load): Promise<void> {
  const before = load.requests;
  await waitFor(() => load.requests >= before + 8, { timeoutMs: 60_000 });
  expect(load.refused).toEqual([]);
  expect((await instance.client.send('GET', '/readyz')).status).toBe(200);
}

/** Ends the load and waits until everything that was ever asked is so, exactly once, by a Slipway that did not restart. */
async function converges(what: string, load: Load, more = ''): Promise<void> {
  await apiServerIsReady();
  const backAt = performance.now();
  await witness.until({ status: 'running', reason: null }, CONVERGED_MS);
  const seenAt = performance.now();
  await goesOn(load);
  await load.stop();
  const endedAt = performance.now();
  await waitFor(() => asAsked(), { timeoutMs: CONVERGED_MS, intervalMs: 500 });
  const asAskedAt = performance.now();
  expect(load.refused).toEqual([]);
  expect(await processStart()).toBe(startedAt);
  const requests = `${load.requests} requests accepted, the slowest in ${load.slowestMs} ms, none refused`;
  const seconds = (from: number, to: number): string => `${((to - from) / 1000).toFixed(1)} s`;
  const seen = `told truly again after ${seconds(backAt, seenAt)}`;
  const times = `${seen}, all as asked ${seconds(backAt, asAskedAt)} after it was back and ${seconds(endedAt, asAskedAt)} after the last request`;
  tell(`${what}: ${times}; ${requests} ${JSON.stringify(load.accepted)}${more && `; ${more}`}`);
}

function asked(): Asked[] {
  return [...own, ...loads.flatMap(({ apps }) => apps)];
}

async function asAsked(): Promise<true> {
  const wrong = await differences(instance.client, asked(), strangers);
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  return true;
}

/** A phase from before, with since when the cluster is not seen. */
function unseenSince(time: number): object {
  const about = (message: string): boolean =>
    Math.abs(Date.parse(/not answered since (\S+);/.exec(message)?.[1] ?? '') - time) < 4_000;
  return { status: 'running', health: 'unknown', message: expect.toSatisfy(about) as string };
}

/** Apps of the load that are called running, and neither from before nor with a reservation. */
async function calledRunning(load: Load): Promise<unknown[]> {
  const answers = await Promise.all(
    load.apps
      .filter(({ deleted }) => !deleted)
      .map(({ id }) => instance.client.send('GET', `/v1/deployments/${id}/status`)),
  );
  return answers
    .map(({ body }) => body)
    .filter(({ status, reason }) => status === 'running' && reason !== 'ClusterUnreachable');
}

/** What moves right now is given three seconds. */
async function noneFalselyRunning(): Promise<void> {
  await waitFor(
    async () => {
      const wrong = await falselyRunning(instance.client, asked());
      if (wrong.length > 0) throw new Error(wrong.join('\n'));
      return true;
    },
    { timeoutMs: 3_000 },
  );
}

/** It starts within seconds, and within a minute on a machine that has much else to do. */
async function apiServerIsReady(): Promise<void> {
  await waitFor(() => kubectl(['get', '--raw', '/readyz']), { timeoutMs: 90_000 });
}

async function nodeIsReady(): Promise<boolean> {
  const path = 'jsonpath={.items[0].status.conditions[?(@.type=="Ready")].status}';
  return (await kubectl(['get', 'nodes', '-o', path])) === 'True';
}

/** Writes until what the watches saw last is past, and makes etcd forget everything before now. */
async function compactHistory(): Promise<void> {
  const ask = async (path: string, body: object): Promise<{ header: { revision: string } }> => {
    const answer = await fetch(`${facts.etcd}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`etcd answers ${path} with ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as { header: { revision: string } };
  };
  const key = Buffer.from('slipway-test').toString('base64');
  const { header } = await ask('put', { key, value: key });
  await ask('compaction', { revision: header.revision, physical: true });
}

function logLines(): { level: string; msg: string }[] {
  return readFileSync(join(instance.dataDir, 'slipway.log'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { level: string; msg: string });
}

function expiredWatches(): number {
  return logLines().filter(({ msg }) => msg.startsWith('a watch was too old for the cluster')).length;
}

function errorLines(): unknown[] {
  return logLines().filter(({ level }) => level === 'error' || level === 'fatal');
}

async function processStart(): Promise<string> {
  const { body } = await instance.client.send('GET', '/metrics');
  return /^process_start_time_seconds (\d+)/m.exec(String(body.text))?.[1] ?? 'unknown';
}

function deadLetters(): string {
  const command = fileURLToPath(new URL('../../../tools/dev/dist/commands/dead-letters.js', import.meta.url));
  return spawnSync(process.execPath, [command, 'list', '--data-dir', instance.dataDir], { encoding: 'utf8' }).stdout;
}

async function follow(app: DeployedApp): Promise<Line[]> {
  const url = new URL(`${app.path}/logs?follow=true&tail=10000`, instance.url);
  const { body } = await fetch(url, { headers: instance.client.headers });
  const read: Line[] = [];
  createInterface({
    input: Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]).on('error', () => undefined),
  })
    .on('line', (line) => line !== '' && read.push(JSON.parse(line) as Line))
    .on('error', () => undefined);
  return read;
}
