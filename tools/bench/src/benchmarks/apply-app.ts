// B4: from a deployment that is accepted to one that the cluster has, and from pods that the cluster calls ready to one that Slipway calls running.
// Beside it a bare loop that applies the same objects, and kubectl, which does so one App at a time.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import { waitFor } from '@slipway/testing';

import { type Benchmark, figure, type Limit, type Reading, type Scenario } from '../benchmark.js';
import { onCores } from '../cores.js';
import type { Applied } from '../floors/apply-loop.js';
import { now } from '../measure/clock.js';
import { Latencies } from '../measure/latencies.js';
import { openLoop } from '../measure/open-loop.js';
import { bodyOf } from '../parts/app-rows.js';
import type { Child } from '../parts/child.js';
import { type BesideCluster, startCluster } from '../parts/cluster.js';
import { ClusterClient, type ClusterObject } from '../parts/cluster-client.js';
import type { Instance, User } from '../parts/instance.js';
import { findKubectl } from '../parts/kubectl.js';

const PER_SECOND = [20, 50];
const SECONDS = 10;
const WARM_UP = 20;
const KUBECTL_TIMES = 10;
/** How closely it is looked whether Slipway says `running`, so that looking is not what keeps it busy: so much may be added to what is told. */
const LOOK_MS = 20;
const LOOK_SHARE = 0.2;
/** A machine that does much else may take minutes. */
const PATIENCE_MS = 300_000;
const DELETING = 8;
const DELETED_MS = 1_000;
/** What a client is told that comes when there is too much to do. After a 504 nobody knows whether the deployment was made. */
const OVERLOADED = [429, 503, 504];

const INSTANCE = 'app.kubernetes.io/instance';
const MANAGED_BY = 'app.kubernetes.io/managed-by';
/** Slipway follows what it manages, and is not to work for the floors. */
const MANAGERS = `labelSelector=${MANAGED_BY}+in+(slipway,bench)`;
const GROUPS: Readonly<Record<string, string>> = {
  deployments: '/apis/apps/v1',
  ingresses: '/apis/networking.k8s.io/v1',
  networkpolicies: '/apis/networking.k8s.io/v1',
};
const AGAINST_KUBECTL = 'accepted → applied p50, kubectl';

export const applyOneApp: Benchmark = {
  id: 'B4',
  title: 'a deployment is applied, and shown as running',
  prepare: async (stage) => {
    const cluster = await startCluster(stage);
    const instance = await stage.instance({ args: cluster.args });
    const [user] = await instance.users(1);
    if (!user) throw new Error('no user was registered');
    const client = new ClusterClient(cluster.access);
    stage.defer(() => client.close());
    const [applied, ready] = [new Sightings(() => true), new Sightings(isReady)];
    await client.lines(`/apis/apps/v1/deployments?watch=true&${MANAGERS}`, (line) => applied.take(line));
    await client.lines(`/api/v1/pods?watch=true&${MANAGERS}`, (line) => ready.take(line));
    const loop = stage.child(new URL('../floors/apply-loop.js', import.meta.url), 'floor');
    await loop.ask('start', { access: cluster.access });
    const rig = { instance, user, client, applied, ready, loop };
    const sample = await sampleOf(rig, cluster);
    const kubectl = findKubectl();
    const apply =
      kubectl === undefined
        ? undefined
        : onCores(stage.cores?.system, [
            kubectl,
            ...cluster.args,
            'apply',
            '--server-side',
            '--validate=false',
            '-f',
            '-',
          ]);
    return PER_SECOND.map((perSecond) => scenarioOf(perSecond, rig, sample, apply));
  },
};

interface Rig {
  readonly instance: Instance;
  readonly user: User;
  readonly client: ClusterClient;
  /** Deployments that the cluster has. */
  readonly applied: Sightings;
  /** Pods that it calls ready. */
  readonly ready: Sightings;
  readonly loop: Child;
}

/** An App and its objects under a new name. */
type Sample = () => { readonly id: string; readonly objects: readonly Applied[] };

/** When the cluster first showed an object as it is waited for, by the App's id. */
class Sightings {
  private readonly moments = new Map<string, number>();
  private readonly waiting = new Map<string, (at: number) => void>();

  constructor(private readonly isIt: (object: ClusterObject) => boolean) {}

  /** A line of a watch. */
  take(line: string): void {
    const at = now();
    const { object } = JSON.parse(line) as { object: ClusterObject };
    const id = object.metadata.labels?.[INSTANCE];
    if (id === undefined || this.moments.has(id) || !this.isIt(object)) return;
    this.moments.set(id, at);
    this.waiting.get(id)?.(at);
  }

  /** @throws Error when it is not shown for long */
  of(id: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const seen = this.moments.get(id);
      if (seen !== undefined) return resolve(seen);
      const late = (): void => reject(new Error(`the cluster does not show what was to become of ${id}`));
      const patience = setTimeout(late, PATIENCE_MS);
      this.waiting.set(id, (at) => {
        clearTimeout(patience);
        resolve(at);
      });
    });
  }
}

const isReady = ({ status }: ClusterObject): boolean =>
  (status?.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True');

function scenarioOf(perSecond: number, rig: Rig, sample: Sample, kubectl: readonly string[] | undefined): Scenario {
  const count = perSecond * SECONDS;
  const withKubectl = perSecond === PER_SECOND[0];
  return {
    name: `${perSecond} a second`,
    sides: [
      { name: 'slipway', measure: () => measureSlipway(rig, perSecond, count) },
      { name: 'loop', measure: () => measureLoop(rig, perSecond, count, sample) },
      ...(withKubectl && kubectl ? [{ name: 'kubectl', measure: () => measureKubectl(rig, kubectl, sample) }] : []),
    ],
    limits: [...(withKubectl && kubectl ? [KUBECTL_LIMIT] : []), ...limitsOf(perSecond)],
    ...(withKubectl &&
      !kubectl && { skipped: { [AGAINST_KUBECTL]: 'no kubectl on the PATH, nor built by npm run cluster' } }),
  };
}

async function measureSlipway(rig: Rig, perSecond: number, count: number): Promise<Reading> {
  const { instance, user, client } = rig;
  const [untilApplied, untilShown] = [new Latencies(), new Latencies()];
  let refused = 0;
  const isShown = async (id: string): Promise<boolean> => {
    const { status, body } = await user.client.send('GET', `/v1/deployments/${id}`);
    if (status !== 200) throw new Error(`${id}: ${status} ${JSON.stringify(body)}`);
    return body.status === 'running';
  };
  const cpuBefore = instance.cpuSeconds;
  await all(count, perSecond, async (index) => {
    const { status, body } = await user.client.send('POST', '/v1/deployments', bodyOf());
    const acceptedAt = now();
    if (OVERLOADED.includes(status)) {
      refused += 1;
      return;
    }
    if (status !== 201) throw new Error(`a deployment: ${status} ${JSON.stringify(body)}`);
    const id = String(body.id);
    const [appliedAt, readyAt] = [await rig.applied.of(id), await rig.ready.of(id)];
    while (!(await isShown(id))) {
      if (now() - readyAt > PATIENCE_MS) throw new Error(`${id} is not shown as running`);
      await delay(Math.max(LOOK_MS, LOOK_SHARE * (now() - readyAt)));
    }
    if (index < WARM_UP) return;
    untilApplied.record(appliedAt - acceptedAt);
    untilShown.record(now() - readyAt);
  });
  const cpuMsEach = (1000 * (instance.cpuSeconds - cpuBefore)) / count;
  await deleteAll(user);
  await untilEmpty(client);
  return {
    ...untilApplied.reading(),
    shownP50Ms: untilShown.percentileMs(50),
    shownP99Ms: untilShown.percentileMs(99),
    cpuMsEach,
    refusedPercent: (100 * refused) / count,
  };
}

/** What was refused in the end may have been made. */
async function deleteAll({ client }: User): Promise<void> {
  for (;;) {
    const { body } = await client.send('GET', '/v1/deployments?limit=100');
    const left = (body.deployments as { id: string }[]).map(({ id }) => id);
    if (left.length === 0) return;
    const remove = async (): Promise<void> => {
      for (let id = left.pop(); id !== undefined; id = left.pop()) await client.send('DELETE', `/v1/deployments/${id}`);
    };
    await Promise.all(Array.from({ length: DELETING }, remove));
    await delay(DELETED_MS);
  }
}

async function measureLoop(
  { client, applied, loop }: Rig,
  perSecond: number,
  count: number,
  sample: Sample,
): Promise<Reading> {
  const apps = Array.from({ length: count }, sample);
  const due = await loop.ask<number[]>('apply', { apps: apps.map(({ objects }) => objects), perSecond });
  const latencies = new Latencies();
  for (const [index, { id }] of apps.entries()) {
    const appliedAt = await applied.of(id);
    if (index >= WARM_UP) latencies.record(appliedAt - (due[index] ?? 0));
  }
  await remove(client);
  return latencies.reading();
}

async function measureKubectl(
  { client, applied }: Rig,
  [command = '', ...args]: readonly string[],
  sample: Sample,
): Promise<Reading> {
  const latencies = new Latencies();
  for (let index = 0; index < KUBECTL_TIMES; index += 1) {
    const { id, objects } = sample();
    const began = now();
    const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'inherit'] });
    const items = objects.map(({ body }) => JSON.parse(body) as object);
    child.stdin.end(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`kubectl ended with ${code}`);
    latencies.record((await applied.of(id)) - began);
  }
  await remove(client);
  return { p50Ms: latencies.percentileMs(50) };
}

/** Lets `count` begin at a fixed rate; resolves when all have come to their end. */
async function all(count: number, perSecond: number, one: (index: number) => Promise<void>): Promise<void> {
  const begun: Promise<void>[] = [];
  await openLoop({
    perSecond,
    count,
    send: (index) => {
      const next = one(index);
      // Awaited at the end; it may fail before.
      next.catch(() => undefined);
      begun.push(next);
    },
  });
  await Promise.all(begun);
}

/** What Slipway applies for one App, as the cluster has it. */
async function sampleOf({ user, client, ready }: Rig, { process: world }: BesideCluster): Promise<Sample> {
  const { status, body } = await user.client.send('POST', '/v1/deployments', bodyOf());
  if (status !== 201) throw new Error(`a deployment: ${status} ${JSON.stringify(body)}`);
  const [id, name] = [String(body.id), String(body.app_name)];
  await ready.of(id);
  const [namespace] = await client.list(`/api/v1/namespaces?labelSelector=${INSTANCE}=${id}`);
  if (!namespace) throw new Error(`deployment ${id} has no namespace`);
  const { name: within } = namespace.metadata;
  const applied = await world.ask<{ resource: string; name: string }[]>('applied', { namespace: within });
  const objects = await Promise.all(
    applied.map(async (one) => {
      const group = GROUPS[one.resource] ?? '/api/v1';
      const path = `${group}/namespaces/${one.resource === 'namespaces' ? within : `${within}/${one.resource}/${one.name}`}`;
      return { path, object: withoutTheClustersOwn(await client.send('GET', path)) };
    }),
  );
  await user.client.send('DELETE', `/v1/deployments/${id}`);
  await untilEmpty(client);
  const text = JSON.stringify(objects).replaceAll(`"${MANAGED_BY}":"slipway"`, `"${MANAGED_BY}":"bench"`);
  return () => {
    const fresh = randomUUID();
    const renamed = text
      .replaceAll(id, fresh)
      .replaceAll(id.slice(0, 8), fresh.slice(0, 8))
      .replaceAll(name, `a-${fresh}`);
    const found = JSON.parse(renamed) as typeof objects;
    return { id: fresh, objects: found.map(({ path, object }) => ({ path, body: JSON.stringify(object) })) };
  };
}

/** What whoever applies says, without what the cluster has added. */
function withoutTheClustersOwn(object: object): object {
  const {
    metadata,
    spec,
    status: _,
    ...rest
  } = object as Record<'metadata' | 'spec' | 'status', Record<string, unknown>>;
  const { name, namespace, labels, annotations } = metadata;
  const { clusterIP: _one, clusterIPs: _all, finalizers: _last, ...wanted } = spec ?? {};
  return { ...rest, metadata: { name, namespace, labels, annotations }, ...(spec && { spec: wanted }) };
}

/** Takes away what a floor has applied. */
async function remove(client: ClusterClient): Promise<void> {
  const left = await client.list(`/api/v1/namespaces?labelSelector=${MANAGED_BY}=bench`);
  for (const { metadata } of left) await client.send('DELETE', `/api/v1/namespaces/${metadata.name}`);
  await untilEmpty(client);
}

async function untilEmpty(client: ClusterClient): Promise<void> {
  await waitFor(async () => (await client.list(`/api/v1/namespaces?${MANAGERS}`)).length === 0, {
    timeoutMs: 2 * PATIENCE_MS,
    intervalMs: 200,
  });
}

const KUBECTL_LIMIT: Limit = {
  name: AGAINST_KUBECTL,
  unit: '×',
  better: 'lower',
  gate: 1,
  of: (round) => figure(round, 'slipway', 'p50Ms') / figure(round, 'kubectl', 'p50Ms'),
};

function limitsOf(perSecond: number): Limit[] {
  const slow = perSecond === PER_SECOND[0];
  return [
    {
      name: 'accepted → applied p50, beyond loop',
      unit: 'ms',
      better: 'lower',
      ...(slow && { gate: 100, goal: 25 }),
      of: (round) => figure(round, 'slipway', 'p50Ms') - figure(round, 'loop', 'p50Ms'),
    },
    {
      name: 'accepted → applied p99',
      unit: 'ms',
      better: 'lower',
      ...(slow ? { gate: 1000 } : { goal: 250 }),
      of: (round) => figure(round, 'slipway', 'p99Ms'),
    },
    {
      name: 'refused',
      unit: '%',
      better: 'lower',
      ...(slow && { gate: 0 }),
      of: (round) => figure(round, 'slipway', 'refusedPercent'),
    },
    {
      name: 'ready → shown p99',
      unit: 'ms',
      better: 'lower',
      ...(slow && { gate: 500, goal: 150 }),
      of: (round) => figure(round, 'slipway', 'shownP99Ms'),
    },
  ];
}
