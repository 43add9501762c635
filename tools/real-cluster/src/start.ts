import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { freePort } from '@slipway/testing/backends';

import { grantAccess, writeSlipwayKubeconfig } from './access/grant-access.js';
import { cleanUp } from './clean-up.js';
import { type ClusterFacts, factsFile } from './facts.js';
import { writeCredentials } from './credentials.js';
import { type Kubectl, kubectlFor } from './kubectl.js';
import type { Layout } from './layout.js';
import { apiServer, AUDIT_LOG } from './parts/api-server.js';
import { containerd, containerdSocket } from './parts/containerd.js';
import { controllerManager } from './parts/controller-manager.js';
import { etcd } from './parts/etcd.js';
import { kubelet } from './parts/kubelet.js';
import { metricsApi, metricsServer } from './parts/metrics-server.js';
import type { Ground, Ports } from './parts/part.js';
import { openRegistry, protectedRegistry } from './parts/registry.js';
import { scheduler } from './parts/scheduler.js';
import { kwok, simulatedNodes } from './parts/simulated-nodes.js';
import { Processes } from './processes.js';
import { buildTestImages, pushTestImages } from './test-images.js';

const DEADLINE_MS = 90_000;

export interface StartOptions {
  readonly layout: Layout;
  readonly binaries: Ground['binaries'];
  /** How many nodes of kwok stand beside the real one. */
  readonly simulatedNodes: number;
  readonly progress: (line: string) => void;
}

/** Starts a new cluster, in the place of what an earlier one left. When a part does not come up, all of it is removed again. */
export async function start(options: StartOptions): Promise<ClusterFacts> {
  await cleanUp(options.layout);
  try {
    return await startParts(options);
  } catch (error) {
    const words = lastWords(options.layout);
    await cleanUp(options.layout);
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${words}`, { cause: error });
  }
}

async function startParts({
  layout,
  binaries,
  simulatedNodes: simulated,
  progress,
}: StartOptions): Promise<ClusterFacts> {
  const { folder } = layout;
  mkdirSync(join(folder, 'log'), { recursive: true, mode: 0o755 });
  const ports = await choosePorts();
  const server = `https://127.0.0.1:${ports.api}`;
  const credentials = await writeCredentials(layout, server);
  const ground: Ground = { layout, ports, credentials, binaries };
  const processes = new Processes(folder);
  const kubectl = kubectlFor(binaries.kubectl, credentials.kubeconfig('admin'));
  const login = { username: 'slipway', password: randomBytes(12).toString('base64url') };

  makeNetwork(layout);
  processes.start(etcd(ground));
  processes.start(apiServer(ground));
  processes.start(openRegistry(ground));
  processes.start(protectedRegistry(ground, login));
  processes.start(containerd(ground));

  progress('test images');
  const registry = `127.0.0.1:${ports.registry}`;
  const protectedAt = `127.0.0.1:${ports.protectedRegistry}`;
  const work = join(folder, 'images');
  await buildTestImages(work);
  for (const at of [registry, protectedAt]) await until(`the registry ${at}`, () => answers(`http://${at}/v2/`));
  await Promise.all([pushTestImages(work, registry), pushTestImages(work, protectedAt, login)]);

  progress('control plane');
  await until('the API server', () => kubectl(['get', '--raw', '/readyz']).then(() => true));
  processes.start(controllerManager(ground));
  processes.start(scheduler(ground));
  await until('containerd', async () => existsSync(containerdSocket(layout)));
  makeCgroup(layout);
  processes.start(kubelet(ground));
  processes.start(metricsServer(ground));
  await kubectl(['apply', '-f', '-'], list(metricsApi(ports.metrics)));
  if (simulated > 0) {
    processes.start(kwok(ground));
    await kubectl(['create', '-f', '-'], list(simulatedNodes(simulated)));
  }

  progress('node');
  await until('the service account of the namespace default', () => exists(kubectl, 'serviceaccount/default'));
  await until('the node', () => exists(kubectl, `node/${layout.node}`));
  await kubectl(['wait', '--for=condition=Ready', 'node', '--all', `--timeout=${DEADLINE_MS / 1000}s`]);

  const kubeconfig = join(folder, 'kubeconfig.yaml');
  copyFileSync(credentials.kubeconfig('admin'), kubeconfig);
  const slipwayKubeconfig = join(folder, 'slipway.yaml');
  await grantAccess(kubectl);
  await writeSlipwayKubeconfig(kubectl, slipwayKubeconfig, server, credentials.caFile);
  const facts: ClusterFacts = {
    name: layout.name,
    kubeconfig,
    slipwayKubeconfig,
    kubectl: binaries.kubectl,
    registry,
    protectedRegistry: { address: protectedAt, ...login },
    auditLog: join(folder, AUDIT_LOG),
    nodes: 1 + simulated,
  };
  writeFileSync(factsFile(layout), JSON.stringify(facts, undefined, 2), { mode: 0o600 });
  return facts;
}

async function choosePorts(): Promise<Ports> {
  const names = ['api', 'etcd', 'etcdPeer', 'kubelet', 'metrics', 'registry', 'protectedRegistry'] as const;
  const ports = await Promise.all(names.map(async (name) => [name, await freePort()] as const));
  return Object.fromEntries(ports) as unknown as Ports;
}

function makeNetwork({ bridge, nodeAddress }: Layout): void {
  execFileSync('ip', ['link', 'add', bridge, 'type', 'bridge']);
  execFileSync('ip', ['address', 'add', `${nodeAddress}/24`, 'dev', bridge]);
  execFileSync('ip', ['link', 'set', bridge, 'up']);
}

/** The kubelet wants its root to exist in every hierarchy. */
function makeCgroup({ cgroup }: Layout): void {
  const hierarchies = existsSync('/sys/fs/cgroup/cgroup.controllers')
    ? ['/sys/fs/cgroup']
    : globSync('/sys/fs/cgroup/*/').filter((path) => existsSync(join(path, 'cgroup.procs')));
  for (const hierarchy of hierarchies) mkdirSync(join(hierarchy, cgroup), { recursive: true });
}

async function exists(kubectl: Kubectl, object: string): Promise<boolean> {
  await kubectl(['get', object]);
  return true;
}

async function answers(url: string): Promise<boolean> {
  await fetch(url);
  return true;
}

async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  let reason = '';
  while (performance.now() < deadline) {
    try {
      if (await check()) return;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
    await delay(50);
  }
  throw new Error(`${what} is not ready after ${DEADLINE_MS / 1000} s. ${reason}`);
}

function list(items: object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

/** The end of the log of every program that is gone. */
function lastWords(layout: Layout): string {
  const processes = new Processes(layout.folder);
  return processes
    .list()
    .filter(({ running }) => !running)
    .map(
      ({ name }) =>
        `${name} ended:\n${readFileSync(processes.logFile(name), 'utf8').trim().split('\n').slice(-5).join('\n')}`,
    )
    .join('\n');
}
