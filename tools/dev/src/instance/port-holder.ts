import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';

import { commandLine } from '@slipway/testing/backends';

import { UserError } from '../user-error.js';

const LISTEN = '0A';
const UNPRIVILEGED_PORT = 3000;

/** Throws which process holds the port, and the line that starts Slipway on another one. */
export async function requireFreePort(port: number, host: string, startLine: (port: number) => string): Promise<void> {
  const refused = await reasonNotToListen(port, host);
  if (refused === undefined) return;
  if (refused === 'EACCES') {
    throw new UserError(
      `port ${port} is not for this user: choose one from 1024 on.\n\n  ${startLine(UNPRIVILEGED_PORT)}\n`,
    );
  }
  const pid = portHolder(port);
  const who =
    pid === undefined ? 'by a process of another user' : `by process ${pid} (${commandLine(pid).trim().slice(0, 80)})`;
  let other = port + 1;
  while (other < 65_535 && (await reasonNotToListen(other, host)) !== undefined) other += 1;
  throw new UserError(`port ${port} is taken ${who}. To use another one:\n\n  ${startLine(other)}\n`);
}

/** The pid that listens on a TCP port; undefined when this user may not see it. */
export function portHolder(port: number): number | undefined {
  return process.platform === 'linux' ? holderFromProc(port) : holderFromLsof(port);
}

function holderFromProc(port: number): number | undefined {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const sockets = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const row of readText(table).split('\n').slice(1)) {
      const [, local, , state, , , , , , inode] = row.trim().split(/\s+/);
      if (state === LISTEN && local?.endsWith(`:${wanted}`) && inode) sockets.add(`socket:[${inode}]`);
    }
  }
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        if (sockets.has(readLink(`/proc/${pid}/fd/${fd}`))) return Number(pid);
      }
    } catch {
      // Another user's process, or one that has just ended.
    }
  }
  return undefined;
}

function holderFromLsof(port: number): number | undefined {
  try {
    return (
      Number(execFileSync('lsof', ['-t', `-iTCP:${port}`, '-sTCP:LISTEN'], { encoding: 'utf8' }).split('\n')[0]) ||
      undefined
    );
  } catch {
    return undefined;
  }
}

/** The code of the error; undefined when the port can be had. */
function reasonNotToListen(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
