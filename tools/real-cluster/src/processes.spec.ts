import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { waitFor } from '@slipway/testing';
import { isRunning } from '@slipway/testing/backends';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { Processes } from './processes.js';

const sleeper = { name: 'sleeper', binary: '/bin/sh', args: ['-c', 'echo awake; exec sleep 60'] };

let folder: string;
let processes: Processes;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'processes-'));
  mkdirSync(join(folder, 'log'));
  processes = new Processes(folder);
});

afterEach(async () => {
  await processes.killAll();
  rmSync(folder, { recursive: true });
});

const pidOf = (): number => {
  const [program] = JSON.parse(readFileSync(join(folder, 'processes.json'), 'utf8')) as { pid: number }[];
  return program?.pid ?? 0;
};

const logBecomes = (text: string): Promise<boolean> =>
  waitFor(() => readFileSync(processes.logFile('sleeper'), 'utf8') === text);

describe('Processes', () => {
  it('starts a program in the background, with its output in a file', async () => {
    processes.start(sleeper);
    expect(processes.list()).toMatchObject([{ name: 'sleeper', running: true }]);
    await logBecomes('awake\n');
    expect(() => processes.start(sleeper)).toThrow('sleeper runs already');
  });

  it('kills one, and starts it again as it was', async () => {
    processes.start(sleeper);
    await logBecomes('awake\n');
    const first = pidOf();
    await processes.kill('sleeper');
    expect(isRunning(first)).toBe(false);
    expect(processes.list()).toMatchObject([{ name: 'sleeper', running: false }]);
    processes.restart('sleeper');
    expect(pidOf()).not.toBe(first);
    await logBecomes('awake\nawake\n');
  });

  it('freezes one, which runs on later as if nothing had been', async () => {
    processes.start({ ...sleeper, args: ['-c', 'while :; do date +%s%N; sleep 0.01; done'] });
    const output = (): string => readFileSync(processes.logFile('sleeper'), 'utf8');
    await waitFor(() => output() !== '');
    processes.pause('sleeper');
    await waitFor(() => readFileSync(`/proc/${pidOf()}/stat`, 'utf8').includes(') T '));
    expect(processes.isRunning('sleeper')).toBe(true);
    const before = output();
    processes.resume('sleeper');
    await waitFor(() => output() !== before);
    await processes.kill('sleeper');
    expect(() => processes.pause('sleeper')).toThrow('sleeper does not run');
  });

  it('does not touch a stranger that has the id of a program that is gone', async () => {
    processes.start(sleeper);
    const file = join(folder, 'processes.json');
    const record = readFileSync(file, 'utf8');
    writeFileSync(file, record.replace(/"ticks": "\d+"/, '"ticks": "1"'));
    await processes.killAll();
    expect(isRunning(pidOf())).toBe(true);
    writeFileSync(file, record);
  });
});
