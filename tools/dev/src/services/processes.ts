import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

import { commandLine, isRunning, stopProcess } from '@slipway/testing/backends';

export interface AppProcess {
  readonly name: string;
  /** Absolute path of its dist/main.js. */
  readonly main: string;
  /** Everything that it is told; nothing else of this process's environment reaches it but PATH and HOME. */
  readonly env: Readonly<Record<string, string>>;
  /** Port of its /readyz. */
  readonly adminPort: number;
}

export interface RunningApps {
  /** Resolves when every app is ready; rejects when one ends before that. */
  readonly ready: Promise<void>;
  /** SIGTERM to all, and SIGKILL to those that are left after their deadline. */
  stop: () => Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;
const RESTART_DELAY_MS = 1_000;
const STOP_TIMEOUT_MS = 12_000;

/** Starts one process per app, writes what they print to `log`, and starts one again that ends without being asked to. */
export function startApps(apps: readonly AppProcess[], dataDir: string, log: (line: string) => void): RunningApps {
  const running = new Map<string, ChildProcess>();
  let stopping = false;
  let started = false;
  const failures: Error[] = [];

  const launch = (app: AppProcess): void => {
    const { name, main, env } = app;
    const child = spawn(process.execPath, [...process.execArgv, main], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.set(name, child);
    recordPids(dataDir, running);
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', log);
    child.once('error', (error) => failures.push(error));
    child.once('exit', (code, signal) => {
      running.delete(name);
      if (stopping) return;
      recordPids(dataDir, running);
      const how = `${name} ended with ${signal ?? `code ${code}`}`;
      if (!started) {
        failures.push(new Error(how));
        return;
      }
      log(
        JSON.stringify({
          level: 'error',
          time: new Date().toISOString(),
          service: 'slipway',
          msg: `${how}; it is started again`,
        }),
      );
      void delay(RESTART_DELAY_MS, undefined, { ref: false }).then(() => {
        if (!stopping) launch(app);
      });
    });
  };
  for (const app of apps) launch(app);

  const untilReady = async (): Promise<void> => {
    const deadline = performance.now() + READY_TIMEOUT_MS;
    for (const { name, adminPort } of apps) {
      while (!(await isReady(adminPort))) {
        if (failures[0]) throw failures[0];
        if (performance.now() > deadline) throw new Error(`${name} was not ready after ${READY_TIMEOUT_MS / 1000} s`);
        await delay(50);
      }
    }
    started = true;
  };

  return {
    ready: untilReady(),
    stop: async () => {
      stopping = true;
      await Promise.all(
        [...running.values()].map(async (child) => {
          const ended = once(child, 'exit');
          child.kill('SIGTERM');
          const late = delay(STOP_TIMEOUT_MS, 'late', { ref: false });
          if ((await Promise.race([ended, late])) === 'late') child.kill('SIGKILL');
        }),
      );
      rmSync(pidsFile(dataDir), { force: true });
    },
  };
}

/** Stops the apps that a killed main process left running. */
export async function stopLeftOverApps(dataDir: string): Promise<void> {
  const file = pidsFile(dataDir);
  if (!existsSync(file)) return;
  const pids = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
  await Promise.all(
    Object.entries(pids).map(async ([name, pid]) => {
      if (isRunning(pid) && commandLine(pid).includes(join('apps', name, 'dist', 'main.js'))) {
        await stopProcess(pid, 'SIGTERM', STOP_TIMEOUT_MS);
      }
    }),
  );
  rmSync(file, { force: true });
}

function recordPids(dataDir: string, running: ReadonlyMap<string, ChildProcess>): void {
  const pids = Object.fromEntries([...running].map(([name, child]) => [name, child.pid]));
  writeFileSync(pidsFile(dataDir), JSON.stringify(pids), { mode: 0o600 });
}

function pidsFile(dataDir: string): string {
  return join(dataDir, 'apps.json');
}

async function isReady(adminPort: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${adminPort}/readyz`)).ok;
  } catch {
    return false;
  }
}
