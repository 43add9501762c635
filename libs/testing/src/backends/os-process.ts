import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Whether the process exists and is not a zombie: in a container nobody may reap what a killed parent left behind. One whose first thread has
 * ended before the others still has its files and ports.
 */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !hasEnded(stat);
  } catch {
    return process.platform !== 'linux';
  }
}

/** By its line of proc_pid_stat(5): field 3 is the state, field 20 the number of threads; field 2, a name in brackets, may hold blanks. */
export function hasEnded(stat: string): boolean {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' && Number(fields[17]) <= 1;
}

/** The command line of a process, or an empty string. Tells a process of ours from a stranger that got its pid. */
export function commandLine(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

/** Sends `signal` and waits until the process is gone; after `timeoutMs` (default 15 000) it sends SIGKILL. */
export async function stopProcess(pid: number, signal: NodeJS.Signals, timeoutMs = 15_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  if (!isRunning(pid)) return;
  process.kill(pid, signal);
  while (isRunning(pid)) {
    if (performance.now() > deadline) {
      process.kill(pid, 'SIGKILL');
      await delay(200);
      return;
    }
    await delay(10);
  }
}

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('the port has no number')),
      );
    });
  });
}

/** Whether an error text of a program that we started means that its disk is full. */
export function isDiskFull(text: string): boolean {
  // A partial write is how PostgreSQL meets the end of a disk.
  return /no space left on device|ENOSPC|disk quota exceeded|wrote only \d+ of \d+ bytes/i.test(text);
}
