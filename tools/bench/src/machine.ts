// What the figures depend on, printed first and kept with them.
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, fdatasyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';

import type { Cores } from './cores.js';
import type { Instance } from './parts/instance.js';
import { spreadOf } from './measure/spread.js';

const FLUSHES = 51;

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly bound: Cores | null;
  readonly memoryGiB: number;
  readonly kernel: string;
  /** What others did here when the run began. */
  readonly loadAverage: number;
  /** Until a write of 4 KiB is on the disk that holds the data. */
  readonly flushMs: number;
  readonly node: string;
  readonly commit: string;
  /** Whether files differ from the commit. */
  readonly changed: boolean;
}

export function describeMachine(root: string, bound: Cores | undefined): Machine {
  const git = (...args: string[]): string => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout ?? '';
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    // Not availableParallelism: this process may be bound to one.
    cores: cpus().length,
    bound: bound ?? null,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    loadAverage: loadavg()[0] ?? 0,
    flushMs: measureFlushMs(),
    node: process.version,
    commit: git('rev-parse', 'HEAD').trim(),
    changed: git('status', '--porcelain').trim() !== '',
  };
}

function measureFlushMs(): number {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-'));
  try {
    const file = openSync(join(folder, 'flushed'), 'w');
    const block = Buffer.alloc(4096, 'x');
    const times = Array.from({ length: FLUSHES }, () => {
      const began = performance.now();
      writeSync(file, block);
      fdatasyncSync(file);
      return performance.now() - began;
    });
    closeSync(file);
    return spreadOf(times).median;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface Parts {
  readonly postgres: string;
  readonly nats: string;
  readonly settings: Readonly<Record<string, string>>;
}

/** Versions and settings of what an instance runs on, asked from it. */
export async function describeParts(instance: Instance): Promise<Parts> {
  const rows = await instance.sql<{ name: string; setting: string }>(
    `select name, current_setting(name) as setting from pg_settings
      where name in ('server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'max_connections', 'shared_buffers')`,
  );
  const { server_version: postgres = 'unknown', ...settings } = Object.fromEntries(
    rows.map(({ name, setting }) => [name, setting]),
  );
  const file = join(instance.dataDir, 'nats', 'nats.conf');
  // Not there where the broker is none of its own.
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '{}';
  const { jetstream } = JSON.parse(text) as { jetstream?: { sync_interval?: string } };
  return {
    postgres,
    nats: await natsVersionAt(new URL(instance.brokerUrl('gateway'))),
    settings: { ...settings, sync_interval: jetstream?.sync_interval ?? 'unknown' },
  };
}

// The server introduces itself before it asks who is there.
function natsVersionAt({ hostname, port }: URL): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.once('data', (greeting: Buffer) => {
      socket.destroy();
      resolve(/"version":"([^"]+)"/.exec(greeting.toString())?.[1] ?? 'unknown');
    });
    socket.once('error', reject);
  });
}
