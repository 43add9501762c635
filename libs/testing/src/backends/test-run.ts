// Owns what the tests of one vitest run share: a folder, and in it one PostgreSQL, started by the first test file that asks.
// The folder's path travels in an environment variable, because every project and every worker has its own copy of this module. It is
// the folder for temporary files of all tests too, so whatever a killed or failed test left running is found there and ended.
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

import { Client } from 'pg';

import { waitFor } from '../wait-for.js';
import { findNatsServer } from './find-nats-server.js';
import { type NatsUser, type RunningNats, startNatsServer, stopLeftOverNats } from './nats-server.js';
import { commandLine, isRunning, stopProcess } from './os-process.js';
import { databaseDir, startPostgres, stopLeftOverPostgres } from './postgres.js';

const VARIABLE = 'SLIPWAY_TEST_RUN';
const PREFIX = 'slipway-test-';
/** Of the folder of a database or broker below that of the run. */
const DEPTH = 4;

/** Opens the run of this process; a second project of the same vitest run joins it. The answer closes what this call opened. */
export async function openTestRun(): Promise<() => Promise<void>> {
  if (process.env[VARIABLE]) return async () => {};
  await sweepDeadRuns();
  const folder = mkdtempSync(join(tmpdir(), PREFIX));
  // PostgreSQL's own account must get through when the tests run as root.
  chmodSync(folder, 0o711);
  writeFileSync(join(folder, 'owner.pid'), String(process.pid));
  const { TMPDIR } = process.env;
  process.env[VARIABLE] = folder;
  process.env.TMPDIR = folder;
  return async () => {
    delete process.env[VARIABLE];
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    await closeFolder(folder);
  };
}

/** The PostgreSQL of this test run, without fsync: the URL of its superuser. Started at the first call. */
export async function sharedPostgres(): Promise<{ ownerUrl: string }> {
  const folder = join(runFolder(), 'postgres');
  const answer = join(folder, 'running.json');
  const lock = join(runFolder(), 'postgres.lock');
  return waitFor(
    async () => {
      if (existsSync(answer)) return JSON.parse(readFileSync(answer, 'utf8')) as { ownerUrl: string };
      if (!tryLock(lock)) return null;
      try {
        mkdirSync(folder, { mode: 0o711 });
        const { ownerUrl } = await startPostgres({
          dataDir: folder,
          fsync: false,
          settings: { max_connections: '300' },
        });
        writeFileSync(`${answer}.new`, JSON.stringify({ ownerUrl }));
        renameSync(`${answer}.new`, answer);
        return { ownerUrl };
      } catch (error) {
        rmSync(folder, { recursive: true, force: true });
        rmdirSync(lock);
        throw error;
      }
    },
    { timeoutMs: 60_000 },
  );
}

/** A new, empty database on the shared PostgreSQL, for one test file. Roles belong to the server, so they are shared. */
export async function createDatabase(): Promise<{ ownerUrl: string; drop: () => Promise<void> }> {
  const { ownerUrl } = await sharedPostgres();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await execute(ownerUrl, `create database ${name}`);
  const url = new URL(ownerUrl);
  url.pathname = `/${name}`;
  return { ownerUrl: url.href, drop: () => execute(ownerUrl, `drop database if exists ${name} with (force)`) };
}

/** A nats-server of its own (30 ms) for one test file, without users unless some are given. */
export async function startNatsForTest(users: readonly NatsUser[] = []): Promise<RunningNats> {
  const dataDir = natsFolderForTest();
  const nats = await startNatsServer({ binary: await findNatsServer(), dataDir, users });
  return {
    ...nats,
    stop: async () => {
      await nats.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A data folder for a nats-server that a test starts by itself, and may stop and start again. What is left there ends with the run. */
export function natsFolderForTest(): string {
  return mkdtempSync(join(runFolder(), 'nats-'));
}

function runFolder(): string {
  const folder = process.env[VARIABLE];
  if (!folder)
    throw new Error(
      `${VARIABLE} is not set: give the project's vitest configuration the globalSetup of vitest.shared.mts`,
    );
  return folder;
}

function tryLock(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch {
    return false;
  }
}

async function execute(ownerUrl: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function closeFolder(folder: string): Promise<void> {
  const files = filesBelow(folder, DEPTH);
  const foldersWith = (name: string): string[] =>
    files.filter((file) => basename(file) === name).map((file) => dirname(file));
  // Whole instances first: they would start again what ends below them.
  for (const dataDir of foldersWith('slipway.pid')) {
    const pid = Number(readFileSync(join(dataDir, 'slipway.pid'), 'utf8'));
    if (pid > 0 && commandLine(pid).includes(dataDir)) await stopProcess(pid, 'SIGKILL');
  }
  for (const dataDir of foldersWith('nats.pid')) await stopLeftOverNats(dataDir);
  for (const dataDir of foldersWith('owner-password')) {
    await stopLeftOverPostgres(dataDir);
    rmSync(dirname(databaseDir(dataDir)), { recursive: true, force: true });
  }
  rmSync(folder, { recursive: true, force: true });
}

function filesBelow(folder: string, depth: number): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return [path];
    return depth > 0 ? filesBelow(path, depth - 1) : [];
  });
}

// A run that was killed could not clean up.
async function sweepDeadRuns(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name);
    try {
      if (isRunning(Number(readFileSync(join(folder, 'owner.pid'), 'utf8')))) continue;
      await closeFolder(folder);
    } catch {
      // Another user's folder, or one that is being made just now.
    }
  }
}
