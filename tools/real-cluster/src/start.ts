import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { grantAccess, writeSlipwayKubeconfig } from './access/grant-access.js';
import { cleanUp } from './clean-up.js';
import { type ClusterFacts, factsFile } from './facts.js';
import { writeCredentials } from './credentials.js';
import { rememberKernelSettings } from './kernel-settings.js';
import { type Kubectl, kubectlFor, list } from './kubectl.js';
import type { Layout } from './layout.js';
import { apiServer, AUDIT_LOG } from './parts/api-server.js';
import { containerd, containerdSocket } from './parts/containerd.js';
import { controllerManager } from './parts/controller-manager.js';
import { etcd } from './parts/etcd.js';
import { kubelet } from './parts/kubelet.js';
import { metricsApi, metricsServer } from './parts/metrics-server.js';
import type { Ground } from './parts/part.js';
import { openRegistry, protectedRegistry } from './parts/registry.js';
import { scheduler } from './parts/scheduler.js';
import { kwok, simulatedNodes } from './parts/simulated-nodes.js';
import { choosePorts } from './ports.js';
import { Processes } from './processes.js';
import { buildTestImages, pushTestImages } from './test-images.js';

const DEADLINE_MS = 90_000;
const KUBELET_CONTROLLERS = new Set(['cpu', 'cpuset', 'hugetlb', 'memory', 'pids']);

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
    const ended = new Processes(options.layout.folder).list().filter(({ running }) => !running);
    const lines = [error instanceof Error ? error.message : String(error), ...ended.map(lastWords)];
    await cleanUp(options.layout);
    throw new Error(lines.join('\n'), { cause: error });
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
  const ports = await choosePorts(layout);
  const server = `https://127.0.0.1:${ports.api}`;
  const credentials = await writeCredentials(layout, server);
  const ground: Ground = { layout, ports, credentials, binaries };
  const processes = new Processes(folder);
  const until = untilWith(processes);
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
  await until('the API server', () => succeeds(kubectl, ['get', '--raw', '/readyz']));
  processes.start(controllerManager(ground));
  processes.start(scheduler(ground));
  await until('containerd', async () => existsSync(containerdSocket(layout)));
  makeCgroup(layout);
  rememberKernelSettings(layout);
  processes.start(kubelet(ground));
  processes.start(metricsServer(ground));
  await kubectl(['apply', '-f', '-'], list(metricsApi(ports.metrics)));
  if (simulated > 0) {
    processes.start(kwok(ground));
    await kubectl(['create', '-f', '-'], list(simulatedNodes(simulated)));
  }

  progress('node');
  await until('the service account of the namespace default', () =>
    succeeds(kubectl, ['get', 'serviceaccount/default']),
  );
  await until('the node', () => succeeds(kubectl, ['get', `node/${layout.node}`]));
  await until('every node', () =>
    succeeds(kubectl, ['wait', '--for=condition=Ready', 'node', '--all', '--timeout=1s']),
  );

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
    etcd: `http://127.0.0.1:${ports.etcd}`,
    auditLog: join(folder, AUDIT_LOG),
    nodes: 1 + simulated,
  };
  writeFileSync(factsFile(layout), JSON.stringify(facts, undefined, 2), { mode: 0o600 });
  return facts;
}

function makeNetwork({ bridge, nodeAddress }: Layout): void {
  execFileSync('ip', ['link', 'add', bridge, 'type', 'bridge']);
  execFileSync('ip', ['address', 'add', `${nodeAddress}/24`, 'dev', bridge]);
  execFileSync('ip', ['link', 'set', bridge, 'up']);
}

/** The kubelet wants its root to exist in every hierarchy, with every controller that it uses. */
function makeCgroup({ cgroup }: Layout): void {
  const unified = existsSync('/sys/fs/cgroup/cgroup.controllers');
  const hierarchies = unified
    ? ['/sys/fs/cgroup']
    : globSync('/sys/fs/cgroup/*/').filter((path) => existsSync(join(path, 'cgroup.procs')));
  if (unified) handDownControllers('/sys/fs/cgroup');
  for (const hierarchy of hierarchies) mkdirSync(join(hierarchy, cgroup), { recursive: true });
}

/** In version 2 a group has the controllers that its parent hands down; systemd hands down those that its own units need. */
function handDownControllers(parent: string): void {
  const wordsOf = (file: string): string[] => readFileSync(join(parent, file), 'utf8').trim().split(' ');
  const handedDown = wordsOf('cgroup.subtree_control');
  const missing = wordsOf('cgroup.controllers').filter((controller) => !handedDown.includes(controller));
  for (const controller of missing.filter((name) => KUBELET_CONTROLLERS.has(name))) {
    try {
      writeFileSync(join(parent, 'cgroup.subtree_control'), `+${controller}`);
    } catch (error) {
      throw new Error(
        `The control group ${parent} does not hand down its controller "${controller}", which the kubelet needs. In a container: start it with the control groups of its host (--cgroupns=host)`,
        { cause: error },
      );
    }
  }
}

async function succeeds(kubectl: Kubectl, args: readonly string[]): Promise<boolean> {
  await kubectl(args);
  return true;
}

async function answers(url: string): Promise<boolean> {
  await fetch(url);
  return true;
}

type Until = (what: string, check: () => Promise<boolean>) => Promise<void>;

/** Repeats a check until it holds. A program that ends meanwhile ends the start: none of them may. */
function untilWith(processes: Processes): Until {
  return async (what, check) => {
    const deadline = performance.now() + DEADLINE_MS;
    let reason = '';
    while (performance.now() < deadline) {
      const ended = processes.list().find(({ running }) => !running);
      if (ended) throw new Error(`The cluster cannot start, since ${ended.name} has ended.`);
      try {
        if (await check()) return;
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
      }
      await delay(50);
    }
    throw new Error(`The cluster cannot start: ${what} is not ready after ${DEADLINE_MS / 1000} s. ${reason}`);
  };
}

/** The end of the log of a program that is gone, and what to do. */
function lastWords({ name, binary, logFile }: ReturnType<Processes['list']>[number]): string {
  const words = readFileSync(logFile, 'utf8').trim().split('\n').slice(-5).join('\n');
  const remedy = words.includes('address already in use')
    ? 'Another program has just taken a port of it. Start again: another one is chosen.'
    : `It is ${binary}. If that is not the one of this machine and version, take it from the PATH and from REAL_CLUSTER_BIN.`;
  return `The last words of ${name}:\n${words}\n${remedy}`;
}
