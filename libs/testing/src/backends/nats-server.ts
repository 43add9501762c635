import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { commandLine, isDiskFull, isRunning, stopProcess } from './os-process.js';

export interface NatsSubjects {
  allow?: string[];
  deny?: string[];
}

export interface NatsUser {
  user: string;
  password: string;
  /** As nats-server's configuration spells them. Absent: everything. */
  permissions?: {
    publish?: NatsSubjects;
    subscribe?: NatsSubjects;
    allow_responses?: boolean | { max: number; expires: string };
  };
}

export interface NatsServerOptions {
  /** The nats-server to run, from `findNatsServer`. */
  binary: string;
  /** Folder for streams, configuration (mode 0600: it holds the passwords) and log; made when absent. */
  dataDir: string;
  /** Address to listen on; default 127.0.0.1. */
  host?: string;
  /** Default 0: a free port. */
  port?: number;
  /** Who may connect and do what. Default: anybody, everything. */
  users?: readonly NatsUser[];
  /** As nats-server's configuration spells it; default `always`. Anything else may lose what it acknowledged. */
  syncInterval?: string;
}

export interface RunningNats {
  /** Without user and password. */
  url: string;
  port: number;
  pid: number;
  stop: () => Promise<void>;
}

export const MAX_PAYLOAD_BYTES = 4 * 1024 * 1024;
const START_TIMEOUT_MS = 30_000;

/** The text of a nats-server configuration (JSON is a form of it). By default every acknowledged message is on disk. */
export function natsConfig(options: {
  host: string;
  port: number;
  jetstreamDir: string;
  /** Where the server writes the ports that it took; default: nowhere. */
  portsDir?: string;
  users: readonly NatsUser[];
  syncInterval?: string;
}): string {
  return JSON.stringify(
    {
      host: options.host,
      // nats-server's word for a free port is -1.
      port: options.port || -1,
      ...(options.portsDir ? { ports_file_dir: options.portsDir } : {}),
      max_payload: MAX_PAYLOAD_BYTES,
      jetstream: { store_dir: options.jetstreamDir, sync_interval: options.syncInterval ?? 'always' },
      ...(options.users.length > 0 ? { authorization: { users: options.users } } : {}),
    },
    null,
    2,
  );
}

/**
 * Starts nats-server as a detached child, so that Ctrl-C reaches us and not the broker. A server that a killed process left
 * behind on the same data folder is stopped first.
 */
export async function startNatsServer(options: NatsServerOptions): Promise<RunningNats> {
  const { binary, host = '127.0.0.1', port = 0, users = [], syncInterval } = options;
  const dataDir = resolve(options.dataDir);
  const configFile = join(dataDir, 'nats.conf');
  const portsDir = join(dataDir, 'ports');
  await stopLeftOverNats(dataDir);
  mkdirSync(portsDir, { recursive: true, mode: 0o700 });
  const jetstreamDir = join(dataDir, 'streams');
  writeFileSync(configFile, natsConfig({ host, port, jetstreamDir, portsDir, users, syncInterval }), { mode: 0o600 });

  const logFile = join(dataDir, 'nats.log');
  const log = openSync(logFile, 'w', 0o600);
  const server = spawn(binary, ['-c', configFile], { cwd: dataDir, detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  let ended: string | undefined;
  server.once('exit', (code, signal) => (ended = `it ended with ${signal ?? code}`));
  server.once('error', (error) => (ended = error.message));
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    await delay(5);
    const pid = server.pid;
    if (ended !== undefined || pid === undefined) throw failure(dataDir, logFile, ended ?? 'it has no pid');
    writeFileSync(join(dataDir, 'nats.pid'), String(pid));
    const actual = portOf(portsDir, pid);
    if (actual !== undefined && (await accepts(host, actual))) {
      server.unref();
      return { url: `nats://${host}:${actual}`, port: actual, pid, stop: () => stopProcess(pid, 'SIGTERM') };
    }
    if (performance.now() > deadline) {
      await stopProcess(pid, 'SIGKILL');
      throw failure(dataDir, logFile, `it was not ready after ${START_TIMEOUT_MS / 1000} s`);
    }
  }
}

/** Stops the nats-server of a data folder whose own process is gone. Nothing happens when none runs. */
export async function stopLeftOverNats(dataDir: string): Promise<void> {
  const pidFile = join(dataDir, 'nats.pid');
  if (existsSync(pidFile)) {
    const pid = Number(readFileSync(pidFile, 'utf8'));
    if (pid > 0 && isRunning(pid) && commandLine(pid).includes(join(resolve(dataDir), 'nats.conf')))
      await stopProcess(pid, 'SIGTERM');
  }
  rmSync(pidFile, { force: true });
  rmSync(join(dataDir, 'ports'), { recursive: true, force: true });
}

function portOf(portsDir: string, pid: number): number | undefined {
  const name = readdirSync(portsDir).find((file) => file.endsWith(`_${pid}.ports`));
  if (!name) return undefined;
  try {
    const ports = JSON.parse(readFileSync(join(portsDir, name), 'utf8')) as { nats?: string[] };
    const port = Number(/:(\d+)$/.exec(ports.nats?.[0] ?? '')?.[1]);
    return Number.isInteger(port) && port > 0 ? port : undefined;
  } catch {
    return undefined; // half-written
  }
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, host);
    socket.once('data', () => done(true)); // the INFO line: the server speaks
    socket.once('error', () => done(false));
    socket.once('close', () => done(false));
    setTimeout(() => socket.destroy(), 500).unref();
    socket.once('data', () => socket.destroy());
  });
}

function failure(dataDir: string, logFile: string, ended: string): Error {
  const log = readFileSync(logFile, 'utf8');
  if (isDiskFull(log))
    return new Error(
      `nats-server did not start: the disk that holds ${dataDir} is full; free some space and start again`,
    );
  const reason = log.split('\n').findLast((line) => /\[(FTL|ERR)\]|nats-server:/.test(line));
  return new Error(`nats-server did not start in ${dataDir}: ${reason?.replace(/^.*\[(FTL|ERR)\] /, '') ?? ended}`);
}
