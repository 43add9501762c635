import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort, isRunning } from '@slipway/testing/backends';
import { waitFor } from '@slipway/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type AppProcess, type RunningApps, startApps, stopLeftOverApps } from './processes.js';

const READY_APP = `
import { createServer } from 'node:http';
console.log(JSON.stringify({ level: 'info', msg: 'environment', env: Object.keys(process.env).sort() }));
createServer((request, response) => response.end('ok')).listen(Number(process.env.ADMIN_PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
`;

describe('start the apps as processes', () => {
  let folder: string;
  let running: RunningApps | undefined;
  const lines: string[] = [];
  const app = async (name: string, source: string): Promise<AppProcess> => {
    const dist = join(folder, 'apps', name, 'dist');
    mkdirSync(dist, { recursive: true });
    writeFileSync(join(dist, '..', 'package.json'), '{"type":"module"}');
    writeFileSync(join(dist, 'main.js'), source);
    const adminPort = await freePort();
    return { name, main: join(dist, 'main.js'), adminPort, env: { ADMIN_PORT: String(adminPort) } };
  };
  const pids = (): Record<string, number> =>
    JSON.parse(readFileSync(join(folder, 'apps.json'), 'utf8')) as Record<string, number>;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'processes-'));
    lines.length = 0;
  });
  afterEach(async () => {
    await running?.stop();
    running = undefined;
    rmSync(folder, { recursive: true });
  });

  it('waits until each is ready, and gives it its own environment and no more', async () => {
    running = startApps([await app('one', READY_APP), await app('two', READY_APP)], folder, (line) => lines.push(line));
    await running.ready;
    await waitFor(() => lines.length === 2);
    expect(JSON.parse(lines[0] ?? '{}')).toMatchObject({ env: ['ADMIN_PORT', 'HOME', 'PATH'] });
    const started = Object.values(pids());
    await running.stop();
    expect(started.some(isRunning)).toBe(false);
    expect(existsSync(join(folder, 'apps.json'))).toBe(false);
  });

  it('says which app did not start', async () => {
    running = startApps([await app('one', READY_APP), await app('two', 'process.exit(3)')], folder, () => {});
    await expect(running.ready).rejects.toThrow('two ended with code 3');
  });

  it('starts an app again that was killed later', async () => {
    running = startApps([await app('one', READY_APP)], folder, (line) => lines.push(line));
    await running.ready;
    const first = pids().one ?? 0;
    process.kill(first, 'SIGKILL');
    const second = await waitFor(() => pids().one !== first && pids().one);
    expect(isRunning(second)).toBe(true);
    expect(lines.some((line) => line.includes('one ended with SIGKILL; it is started again'))).toBe(true);
  });

  it('stops what a killed main process left behind, and no stranger', async () => {
    running = startApps([await app('one', READY_APP)], folder, () => {});
    await running.ready;
    const pid = pids().one ?? 0;
    writeFileSync(join(folder, 'apps.json'), JSON.stringify({ one: pid, two: process.pid }));
    await stopLeftOverApps(folder);
    expect(isRunning(pid)).toBe(false);
  });
});
