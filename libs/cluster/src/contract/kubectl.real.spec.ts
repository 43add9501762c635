// Plays what people do with kubectl against the real and the embedded cluster. Each file in
// recorded/kubectl is one story: the commands as they are typed, and what the real cluster made kubectl print. `--record` writes the answers.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { type EmbeddedCluster, startEmbeddedCluster } from '@slipway/embedded-cluster';
import { afterAll, beforeAll, describe, it } from 'vitest';

const { KUBECONFIG_TEST = '', TEST_REGISTRY = 'registry.example.org', RECORD, XDG_CACHE_HOME, PATH = '' } = process.env;
const STORIES = fileURLToPath(new URL('recorded/kubectl/', import.meta.url));
const SETTLE_MS = 30_000;

const binary = kubectlOf('v1.36');
const clusters = RECORD ? ['the real cluster'] : ['the real cluster', 'the embedded cluster'];
const names = readdirSync(STORIES).map((file) => file.replace(/\.txt$/, ''));

describe.each(clusters)('kubectl on %s', (which) => {
  let embedded: EmbeddedCluster | undefined;
  let folder: string;
  let kubeconfig: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubectl-'));
    await symlink(binary, join(folder, 'kubectl'));
    kubeconfig = KUBECONFIG_TEST;
    if (which === 'the real cluster') return;
    // So long that a kubectl, which starts slowly on a busy machine, still finds a pod that the one before has deleted.
    embedded = await startEmbeddedCluster({ timings: { logIntervalMs: 500, terminationMs: 3_000 } });
    kubeconfig = join(folder, 'kubeconfig.yaml');
    await writeFile(kubeconfig, embedded.kubeconfig, { mode: 0o600 });
  });
  afterAll(async () => {
    await embedded?.close();
    await rm(folder, { recursive: true });
  });

  it.concurrent.for(names)('%s', { timeout: 180_000 }, async (name, { expect }) => {
    const file = join(STORIES, `${name}.txt`);
    const recorded = await readFile(file, 'utf8');
    const played = await play(recorded, { folder, kubeconfig, name });
    if (RECORD && which === 'the real cluster') await writeFile(file, played);
    else expect(played).toBe(recorded);
  });
});

/** The program that npm run cluster builds, or one of this version on the PATH: its words differ between versions, so no other one will do. */
function kubectlOf(version: string): string {
  const cache = join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'slipway', 'real-cluster');
  const built = existsSync(cache) ? readdirSync(cache).filter((file) => file.startsWith(`kubectl-${version}.`)) : [];
  const found = [...built.map((file) => join(cache, file)), ...PATH.split(':').map((path) => join(path, 'kubectl'))];
  const binary = found.find((file) => existsSync(file) && clientVersion(file).startsWith(`${version}.`));
  if (!binary)
    throw new Error(`kubectl ${version}, which npm run cluster builds, is neither in its cache nor on the PATH`);
  return binary;
}

function clientVersion(file: string): string {
  const answer = execFileSync(file, ['version', '--client', '--output=json'], { encoding: 'utf8' });
  return (JSON.parse(answer) as { clientVersion: { gitVersion: string } }).clientVersion.gitVersion;
}

interface Stage {
  readonly folder: string;
  readonly kubeconfig: string;
  readonly name: string;
}

interface Step {
  readonly text: string;
  readonly command: string | undefined;
  readonly expected: string;
}

/** The story with the answers of this cluster; each story has a namespace of its own. */
async function play(story: string, stage: Stage): Promise<string> {
  const namespace = `contract-${stage.name}-${process.pid}-${Date.now() % 100_000}`;
  const home = join(stage.folder, namespace);
  await mkdir(home);
  const own = join(home, 'kubeconfig.yaml');
  await writeFile(own, await readFile(stage.kubeconfig, 'utf8'), { mode: 0o600 });
  const environment = {
    PATH: `${stage.folder}:${PATH}`,
    HOME: home,
    KUBECACHEDIR: join(stage.folder, 'cache'),
    KUBECONFIG: own,
    REGISTRY: `${TEST_REGISTRY}/slipway`,
    NAMESPACE: namespace,
  };
  const run = (command: string): Promise<string> => runInShell(command, home, environment);
  // By way of YAML, since kubectl creates by itself in protobuf, which the embedded cluster does not speak.
  const create = `kubectl create namespace ${namespace} --dry-run=client -o yaml | kubectl create --validate=false -f -`;
  await run(`${create} && kubectl config set-context --current --namespace=${namespace}`);
  try {
    let played = '';
    for (const { text, command, expected } of stepsOf(story)) {
      const answer = async (): Promise<string> => plain(await run(command ?? ''), namespace);
      played += text;
      if (command !== undefined) played += await settled(command, expected, answer);
    }
    return played;
  } finally {
    await run(`kubectl delete namespace ${namespace} --wait=false`);
  }
}

/** Commands start with `$ `, their further lines with `> `; what follows up to an empty line is the answer. `# ` tells the reader why. */
function stepsOf(story: string): Step[] {
  return story.split(/(?<=\n\n)/).map((part) => {
    const lines = part.trimEnd().split('\n');
    const answer = lines.findIndex((line) => !/^[$>] /.test(line));
    const typed = lines.slice(0, answer < 0 ? lines.length : answer);
    const commands = typed.map((line) => line.slice(2));
    const text = commands.length ? `${typed.join('\n')}\n` : part;
    return {
      text,
      command: commands.length ? commands.join('\n') : undefined,
      expected: `${lines
        .slice(typed.length)
        .map((line) => `${line}\n`)
        .join('')}\n`,
    };
  });
}

/** What only reads is asked again until it says what is expected, since clusters take their time; when recording, until it stays the same. */
async function settled(command: string, expected: string, answer: () => Promise<string>): Promise<string> {
  let last = await answer();
  if (!/^kubectl (get|describe|logs|events) /.test(command) || / (-w|-f|--watch)/.test(command)) return last;
  const end = Date.now() + SETTLE_MS;
  while ((RECORD ?? last !== expected) && Date.now() < end) {
    await sleep(RECORD ? 1500 : 200);
    const next = await answer();
    if (RECORD && next === last) return next;
    last = next;
  }
  return last;
}

function runInShell(command: string, cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve) => {
    execFile('sh', ['-c', `exec 2>&1\n${command}`], { cwd, env, timeout: 60_000 }, (error, output) => {
      resolve(error ? `${output}(exit ${error.code ?? 'timeout'})\n` : output);
    });
  });
}

const suffix = '[bcdfghjklmnpqrstvwxz2456789]';

/** Without what differs from run to run: names that were generated, addresses, ages, and so the width of columns. Empty lines are a dot. */
function plain(answer: string, namespace: string): string {
  const text = answer
    .replaceAll(namespace, 'NAMESPACE')
    .replaceAll(TEST_REGISTRY, 'REGISTRY')
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, 'UID')
    .replace(/\b\w+:\/\/[0-9a-f]{64}\b/g, 'CONTAINER')
    .replace(/sha256:[0-9a-f]{64}/g, 'DIGEST')
    .replace(/\.[0-9a-f]{16}\b/g, '.EVENT')
    .replace(/resourceVersion: "\d+"/g, 'resourceVersion: VERSION')
    .replace(new RegExp(`-${suffix}{8,10}-${suffix}{5}\\b`, 'g'), '-HASH-RANDOM')
    .replace(new RegExp(`([-=])${suffix}{8,10}\\b`, 'g'), '$1HASH')
    .replace(new RegExp(`-${suffix}{5}\\b`, 'g'), '-RANDOM')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
    .replace(/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, 'TIME')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC/g, 'TIME')
    .replace(/\b\d+\.\d+\.\d+\.\d+\b/g, 'ADDRESS')
    .replace(/ in [\d.]+m?s \([\d.]+m?s including waiting\)\. Image size: \d+ bytes\./g, ' in TIME.')
    .replace(/\b(\d+[smhd])+ \(x\d+ over (\d+[smhd])+\)/g, 'AGE')
    .replace(/(?<=\s)(?<!cpu: +)(\d+[smhd])+(?=\s|\)|$)/g, 'AGE')
    .replace(/(?<=\S) {2,}/g, '  ')
    .replace(/ +$/gm, '')
    .replace(/^(?=\n)/gm, '.')
    .trimEnd();
  return text === '' ? '\n' : `${text}\n\n`;
}
