import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { Client } from 'pg';

import { commandLine, freePort, isDiskFull, isRunning, stopProcess } from './os-process.js';
import { type Account, canEnter, postgresAccount, postgresBinaries } from './postgres-binaries.js';

export interface PostgresOptions {
  /** Folder for the database, its password (`owner-password`, mode 0600) and its log; made when absent. */
  dataDir: string;
  /** An address of this machine; default 127.0.0.1. */
  host?: string;
  /** Default 0: a free port. */
  port?: number;
  /** Default true. False only for tests: a power cut then destroys the database. */
  fsync?: boolean;
  /** More `-c` settings, such as `{ max_connections: '200' }`. */
  settings?: Record<string, string>;
}

export interface RunningPostgres {
  /** URL of the superuser `slipway` in the database `slipway`. */
  ownerUrl: string;
  port: number;
  pid: number;
  /** Where the database files are: not always below `dataDir`, see `databaseDir`. */
  databaseDir: string;
  /** Ends sessions and stops the server; waits until it is gone. */
  stop: () => Promise<void>;
}

const OWNER = 'slipway';
const ROOT_DATA_DIR = '/var/lib/slipway';
const ROOT_COPIES_DIR = '/var/cache/slipway';
const START_TIMEOUT_MS = 60_000;

/**
 * Where the database files of a data folder are. Below the data folder itself, except for root when PostgreSQL's account may
 * not enter it (`/root` is closed to others): then below /var/lib/slipway, in a folder named after the data folder.
 */
export function databaseDir(dataDir: string): string {
  mkdirSync(dataDir, { recursive: true });
  const account = postgresAccount();
  const real = realpathSync(dataDir);
  if (!account || canEnter(real, account)) return join(real, 'database');
  return join(ROOT_DATA_DIR, createHash('sha256').update(real).digest('hex').slice(0, 12), 'database');
}

/**
 * Starts PostgreSQL as a detached child, so that Ctrl-C reaches us and not the database. A server that a killed
 * process left behind on the same data folder is stopped first. The first start makes the database (about half a second).
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const { dataDir, host = '127.0.0.1', fsync = true, settings = {} } = options;
  const account = postgresAccount();
  const binaries = postgresBinaries(account, ROOT_COPIES_DIR);
  const directory = databaseDir(dataDir);
  const logFile = join(dataDir, 'postgres.log');

  if (existsSync(join(directory, 'PG_VERSION'))) {
    refuseOtherVersion(binaries, directory);
    await stopLeftOver(directory);
  } else {
    initialise(binaries, directory, dataDir, account, fsync);
  }
  const password = readPassword(dataDir);

  // The port is free when we look and may be taken when the server binds it, so a second look is worth it.
  for (let attempt = 1; ; attempt++) {
    const port = options.port || (await freePort());
    const log = openSync(logFile, 'w', 0o600);
    const server = spawn(
      join(binaries, 'bin', 'postgres'),
      ['-D', directory, ...flags({ ...defaults(host, port, fsync), ...settings })],
      { ...account, cwd: directory, detached: true, stdio: ['ignore', log, log], env: { LC_ALL: 'C', TZ: 'UTC' } },
    );
    closeSync(log);
    try {
      await untilReady(server, directory, logFile);
    } catch (error) {
      if (!options.port && attempt < 5 && /address already in use/i.test(String(error))) continue;
      throw error;
    }
    server.unref();
    const pid = server.pid ?? 0;
    await createOwnDatabase(host, port, password);
    return {
      ownerUrl: url(host, port, password, OWNER),
      port,
      pid,
      databaseDir: directory,
      stop: () => stopProcess(pid, 'SIGINT'),
    };
  }
}

/** Stops the server of a data folder whose own process is gone. Nothing happens when none runs. */
export async function stopLeftOverPostgres(dataDir: string): Promise<void> {
  await stopLeftOver(databaseDir(dataDir));
}

function defaults(host: string, port: number, fsync: boolean): Record<string, string> {
  return {
    port: String(port),
    listen_addresses: host,
    unix_socket_directories: '',
    ...(fsync ? {} : { fsync: 'off', full_page_writes: 'off' }),
  };
}

function flags(settings: Record<string, string>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function url(host: string, port: number, password: string, database: string): string {
  return `postgres://${OWNER}:${password}@${host}:${port}/${database}`;
}

function refuseOtherVersion(binaries: string, directory: string): void {
  const found = readFileSync(join(directory, 'PG_VERSION'), 'utf8').trim();
  const printed = execFileSync(join(binaries, 'bin', 'postgres'), ['--version'], { encoding: 'utf8' });
  const ours = /\d+/.exec(printed)?.[0];
  if (found === ours) return;
  throw new Error(
    `the database in ${directory} was made by PostgreSQL ${found}, and this is PostgreSQL ${ours}: ` +
      'use another data folder, or dump it with the old version and load it here',
  );
}

// initdb works in a folder of its own that gets its name at the end: a kill half-way leaves nothing that looks like a database.
function initialise(
  binaries: string,
  directory: string,
  dataDir: string,
  account: Account | null,
  fsync: boolean,
): void {
  const parent = join(directory, '..');
  mkdirSync(parent, { recursive: true, mode: 0o711 });
  const work = mkdtempSync(join(parent, 'initdb-'));
  try {
    const password = randomBytes(24).toString('base64url');
    const passwordFile = join(work, 'password');
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (account) for (const path of [work, passwordFile]) chownSync(path, account.uid, account.gid);
    const made = spawnSync(
      join(binaries, 'bin', 'initdb'),
      [
        ...['-D', join(work, 'database'), '-U', OWNER, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`],
        ...['-E', 'UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions'],
        ...(fsync ? [] : ['--no-sync']),
      ],
      { ...account, cwd: work, encoding: 'utf8', env: { LC_ALL: 'C', TZ: 'UTC' } },
    );
    if (made.status !== 0)
      throw failure('PostgreSQL could not make its database', directory, made.stderr || String(made.error));
    writeFileSync(join(dataDir, 'owner-password'), password, { mode: 0o600 });
    renameSync(join(work, 'database'), directory);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function readPassword(dataDir: string): string {
  try {
    return readFileSync(join(dataDir, 'owner-password'), 'utf8');
  } catch (error) {
    throw new Error(`${join(dataDir, 'owner-password')} is gone, and nobody else knows the password of the database`, {
      cause: error,
    });
  }
}

async function stopLeftOver(directory: string): Promise<void> {
  const pidFile = join(directory, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  if (isRunning(pid) && commandLine(pid).includes(directory)) await stopProcess(pid, 'SIGINT');
  // PostgreSQL itself would refuse to start when a stranger has got the pid by now.
  rmSync(pidFile, { force: true });
}

async function untilReady(server: ChildProcess, directory: string, logFile: string): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  const stopped = once(server, 'exit').then(
    () => true,
    (error: unknown) => error,
  );
  for (;;) {
    const ended = await Promise.race([stopped, delay(10)]);
    if (ended instanceof Error) throw failure('PostgreSQL did not start', directory, ended.message);
    if (ended) throw failure('PostgreSQL did not start', directory, readFileSync(logFile, 'utf8'));
    if (statusOf(directory, server.pid) === 'ready') return;
    if (performance.now() > deadline) {
      if (server.pid) await stopProcess(server.pid, 'SIGQUIT');
      throw failure(
        `PostgreSQL was not ready after ${START_TIMEOUT_MS / 1000} s`,
        directory,
        readFileSync(logFile, 'utf8'),
      );
    }
  }
}

// The eighth line of postmaster.pid; the first one must be ours, since the file may be of an earlier start.
function statusOf(directory: string, pid: number | undefined): string {
  try {
    const lines = readFileSync(join(directory, 'postmaster.pid'), 'utf8').split('\n');
    return lines[0] === String(pid) ? (lines[7] ?? '').trim() : '';
  } catch {
    return '';
  }
}

async function createOwnDatabase(host: string, port: number, password: string): Promise<void> {
  const client = new Client({ connectionString: url(host, port, password, 'postgres') });
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [OWNER]);
    if (found.rowCount === 0) await client.query(`create database ${OWNER}`);
  } finally {
    await client.end();
  }
}

/** One sentence for the cases that a user can mend, the program's own last words for the rest. */
export function failure(what: string, directory: string, output: string): Error {
  if (isDiskFull(output))
    return new Error(`${what}: the disk that holds ${directory} is full; free some space and start again`);
  const words = output
    .trim()
    .split('\n')
    .filter((line) => /error|fatal|panic|could not|cannot|ENOENT|EACCES/i.test(line));
  return new Error(`${what} in ${directory}: ${(words.length > 0 ? words : [output.trim()]).slice(-3).join(' ')}`);
}
