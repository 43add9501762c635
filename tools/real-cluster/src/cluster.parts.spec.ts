import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  globSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { waitFor } from '@slipway/testing';
import { commandLine, isRunning } from '@slipway/testing/backends';
import { afterEach, describe, expect, it } from 'vitest';

import { type ClusterFacts, runningCluster } from './facts.js';
import { type Kubectl, kubectlFor } from './kubectl.js';
import { layoutOf } from './layout.js';

const first = layoutOf(process.env.REAL_CLUSTER ?? '');
const second = layoutOf('besides');

afterEach(async () => {
  await command('stop');
});

describe('a second cluster beside the first', () => {
  it('works on real and on simulated nodes, starts anew after everything of it was killed, and is gone once it is stopped', async () => {
    const squatter = createServer().listen(second.firstPort, '127.0.0.1');
    await once(squatter, 'listening');
    expect(await command('start', ['--simulated-nodes', '3'])).toMatchObject({ code: 0 });
    squatter.close();
    const kubectl = kubectlOf(second);
    expect(await names(kubectl, 'nodes')).toEqual(['besides-node', 'simulated-0', 'simulated-1', 'simulated-2']);
    await kubectl(['apply', '-f', '-'], JSON.stringify(thirtySimulatedPods));
    await kubectl(['rollout', 'status', 'deployment/many', '--timeout=30s']);
    await serve(kubectl);

    for (const pid of processesOf(second)) process.kill(pid, 'SIGKILL');
    await waitFor(() => runningCluster(second) === undefined);
    expect(await command('start')).toMatchObject({ code: 0 });
    expect(programs(second)).toEqual(programs(first));
    expect(await names(kubectlOf(second), 'nodes')).toEqual(['besides-node']);
    await serve(kubectlOf(second));

    const sockets = shimSockets(second);
    expect(sockets.filter(existsSync)).not.toEqual([]);
    expect(tracesOf(second)).not.toEqual(NOTHING);
    const { code, output } = await command('stop');
    expect([code, output]).toEqual([0, 'The cluster "besides" is stopped, and nothing of it is left.\n']);
    expect(tracesOf(second)).toEqual(NOTHING);
    expect(sockets.filter(existsSync)).toEqual([]);
    expect(await names(kubectlOf(first), 'nodes')).toContain(first.node);
  }, 120_000);
});

describe('a program that cannot start', () => {
  let folder: string;
  const startWith = (name: string, content: string): ReturnType<typeof command> => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-programs-'));
    writeFileSync(join(folder, name), content);
    chmodSync(join(folder, name), 0o755);
    return command('start', [], { REAL_CLUSTER_BIN: folder });
  };
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each([
    [
      'ends at once',
      '#!/bin/sh\necho no such thing >&2\nexit 3\n',
      [
        'The cluster cannot start, since etcd has ended.',
        'no such thing',
        'take it from the PATH and from REAL_CLUSTER_BIN',
      ],
    ],
    [
      'lost its port to somebody',
      '#!/bin/sh\necho "listen tcp 127.0.0.1:2379: bind: address already in use"\nexit 1\n',
      ['since etcd has ended', 'Another program has just taken a port of it. Start again: another one is chosen.'],
    ],
    [
      'is not for this machine',
      '#!/no/such/shell\n',
      ['etcd cannot be started: is', '/etcd a program for this machine?'],
    ],
  ])(
    'that %s ends the start with what to do, and nothing is left',
    async (_, content, texts) => {
      const began = performance.now();
      const { code, output } = await startWith('etcd', content);
      expect(code).toBe(1);
      for (const text of texts) expect(output).toContain(text);
      expect(tracesOf(second)).toEqual(NOTHING);
      expect(performance.now() - began).toBeLessThan(20_000);
    },
    30_000,
  );
});

/** Runs `npm run cluster` or `npm run cluster:stop` for the second cluster. */
async function command(
  name: 'start' | 'stop',
  options: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number; output: string }> {
  const entry = fileURLToPath(new URL('../cluster.mjs', import.meta.url));
  const child = spawn(process.execPath, [entry, name, '--name', second.name, ...options], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, output: output.replace(/^ {2}compiling.*\n/m, '') };
}

function factsOf(layout: typeof first): ClusterFacts {
  const facts = runningCluster(layout);
  if (!facts) throw new Error(`The cluster ${layout.name} does not run`);
  return facts;
}

function kubectlOf(layout: typeof first): Kubectl {
  const { kubectl, kubeconfig } = factsOf(layout);
  return kubectlFor(kubectl, kubeconfig);
}

async function names(kubectl: Kubectl, resource: string): Promise<string[]> {
  return (await kubectl(['get', resource, '--output=jsonpath={.items[*].metadata.name}'])).split(' ');
}

/** Starts a pod from the cluster's own registry, and has it answer. */
async function serve(kubectl: Kubectl): Promise<void> {
  await kubectl(['run', 'web', `--image=${factsOf(second).registry}/slipway/web:1`]);
  await kubectl(['wait', '--for=condition=Ready', 'pod/web', '--timeout=30s']);
  const address = await kubectl(['get', 'pod/web', '--output=jsonpath={.status.podIP}']);
  const answered = await waitFor(() =>
    fetch(`http://${address}:8080/`).then(
      (answer) => answer.text(),
      () => undefined,
    ),
  );
  expect(answered).toBe('1 web\n');
}

const thirtySimulatedPods = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'many' },
  spec: {
    replicas: 30,
    selector: { matchLabels: { app: 'many' } },
    template: {
      metadata: { labels: { app: 'many' } },
      spec: {
        nodeSelector: { 'slipway/simulated': 'true' },
        tolerations: [{ key: 'slipway/simulated', operator: 'Exists' }],
        containers: [{ name: 'app', image: 'registry.example.org/many:1' }],
      },
    },
  },
};

const NOTHING = { folder: false, bridge: false, processes: [], mounts: [], controlGroups: [], logLinks: [] };

/** What there is of a cluster on this machine. Its network namespaces are among the mounts. */
function tracesOf(layout: typeof first): object {
  const { folder, bridge, cgroup } = layout;
  return {
    folder: existsSync(folder),
    bridge: existsSync(`/sys/class/net/${bridge}`),
    processes: processesOf(layout).map(commandLine),
    mounts: readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .filter((line) => line.includes(`${folder}/`)),
    controlGroups: [...globSync(`/sys/fs/cgroup/${cgroup}`), ...globSync(`/sys/fs/cgroup/*/${cgroup}`)],
    logLinks: globSync('/var/log/containers/*').filter((link) => targetOf(link).startsWith(`${folder}/`)),
  };
}

/** Its programs, the parents of its containers, and what runs in them. */
function processesOf({ folder, cgroup }: typeof first): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter(isRunning)
    .filter((pid) => commandLine(pid).includes(`${folder}/`) || groupsOf(pid).includes(`/${cgroup}/`));
}

function groupsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  } catch {
    return '';
  }
}

function programs({ folder }: typeof first): string[] {
  const started = JSON.parse(readFileSync(join(folder, 'processes.json'), 'utf8')) as { name: string }[];
  return started.map(({ name }) => name).sort();
}

function shimSockets({ folder }: typeof first): string[] {
  return globSync(join(folder, 'containerd/state/io.containerd.runtime.v2.task/*/*/address')).map((file) =>
    readFileSync(file, 'utf8').trim().replace('unix://', ''),
  );
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}
