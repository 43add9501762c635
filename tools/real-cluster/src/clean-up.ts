import { execFileSync } from 'node:child_process';
import {
  existsSync,
  globSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { commandLine, isRunning } from '@slipway/testing/backends';

import { restoreKernelSettings } from './kernel-settings.js';
import type { Layout } from './layout.js';
import { containerdSocket } from './parts/containerd.js';
import { Processes } from './processes.js';

const DEADLINE_MS = 20_000;

/**
 * Removes everything that a cluster left on this machine, whether it was stopped, killed or started half: processes, containers, mounts,
 * network, control groups, files. What does not bear the cluster's name or lie in its folder is left alone.
 */
export async function cleanUp(layout: Layout): Promise<void> {
  await new Processes(layout.folder).killAll();
  await killUntilNone(() => [...shims(layout), ...processesInCgroups(layout)]);
  unlinkShimSockets(layout);
  unmountBelow(layout.folder);
  removeBridge(layout);
  for (const cgroup of cgroups(layout)) rmdirSync(cgroup);
  unlinkLogLinks(layout);
  unlinkNetworkResults(layout);
  restoreKernelSettings(layout);
  rmSync(layout.folder, { recursive: true, force: true });
}

async function killUntilNone(find: () => number[]): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  for (let pids = find(); pids.length > 0; pids = find().filter(isRunning)) {
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
    if (performance.now() > deadline) throw new Error(`these processes do not end: ${pids.join(', ')}`);
    await delay(20);
  }
}

/** The parents of containers: containerd starts them so that they outlive it. */
function shims(layout: Layout): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      const command = commandLine(pid);
      return command.includes('containerd-shim') && command.includes(`-address ${containerdSocket(layout)}`);
    });
}

function processesInCgroups(layout: Layout): number[] {
  return cgroups(layout).flatMap((cgroup) =>
    readFileSync(join(cgroup, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number),
  );
}

/** Every control group of the pods, children before parents, in all hierarchies of version 1 or in the one of version 2. */
function cgroups({ cgroup }: Layout): string[] {
  const found = [`/sys/fs/cgroup/${cgroup}`, ...globSync(`/sys/fs/cgroup/*/${cgroup}`)].filter(existsSync);
  // One hierarchy of version 1 may have several names: systemd makes cpu and cpuacct links to the same.
  return [...new Set(found.map((path) => realpathSync(path)))].flatMap(withChildren);
}

function withChildren(cgroup: string): string[] {
  const children = readdirSync(cgroup, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...children.flatMap(({ name }) => withChildren(join(cgroup, name))), cgroup];
}

/** A shim's socket lies in a folder that all containerds of a machine share; its address is written down in ours. */
function unlinkShimSockets({ folder }: Layout): void {
  for (const file of globSync(join(folder, 'containerd/state/io.containerd.runtime.v2.task/*/*/address'))) {
    rmSync(readFileSync(file, 'utf8').trim().replace('unix://', ''), { force: true });
  }
}

function unmountBelow(folder: string): void {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${folder}/`));
  for (const path of mounts.reverse()) execFileSync('umount', ['--lazy', path]);
}

function removeBridge({ bridge }: Layout): void {
  if (existsSync(`/sys/class/net/${bridge}`)) execFileSync('ip', ['link', 'delete', bridge]);
}

/** The kubelet links each container's log from one folder that all kubelets of a machine share. */
function unlinkLogLinks({ folder }: Layout): void {
  for (const link of globSync('/var/log/containers/*')) {
    if (targetOf(link)?.startsWith(`${folder}/`)) rmSync(link, { force: true });
  }
}

/** Undefined for what is no link, or no longer there: other kubelets keep theirs in the same folder. */
function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

/** What the network plug-ins answered is kept by sandbox, in one folder for all that use them. */
function unlinkNetworkResults({ folder }: Layout): void {
  for (const sandbox of globSync(join(folder, 'containerd/root/io.containerd.grpc.v1.cri/sandboxes/*'))) {
    for (const result of globSync(`/var/lib/cni/results/*-${basename(sandbox)}-*`)) rmSync(result);
  }
}
