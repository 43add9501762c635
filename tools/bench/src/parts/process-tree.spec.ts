import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { waitFor } from '@slipway/testing';
import { describe, expect, it } from 'vitest';

import { cpuSecondsOf, proportionalBytesOf, residentBytesOf } from './process-tree.js';

describe('cpuSecondsOf', () => {
  it('counts what a descendant uses, and only that of the tree', async () => {
    // A shell that waits for its child, which burns: the shell itself uses nothing.
    const child = spawn('sh', ['-c', `"${process.execPath}" -e "for (;;) {}"; true`], { detached: true });
    const idle = spawn('sleep', ['60']);
    try {
      await waitFor(() => cpuSecondsOf(child.pid ?? 0) > 0.2);
      expect(cpuSecondsOf(idle.pid ?? 0)).toBeLessThan(0.1);
    } finally {
      process.kill(-(child.pid ?? 0), 'SIGKILL');
      idle.kill();
      await once(idle, 'exit');
    }
  });
});

describe('memory of a process', () => {
  it('counts what it shares wholly as resident, and in part as proportional', async () => {
    const { rss } = process.memoryUsage();
    expect(residentBytesOf(process.pid)).toBeGreaterThan(rss / 2);
    expect(residentBytesOf(process.pid)).toBeLessThan(rss * 2);
    // Node's binary, which this process has in memory too.
    const child = spawn(process.execPath, ['-e', 'console.log("runs"); setInterval(() => {}, 1000)']);
    try {
      await once(child.stdout, 'data');
      const [resident, proportional] = [residentBytesOf(child.pid ?? 0), proportionalBytesOf(child.pid ?? 0)];
      expect(proportional).toBeGreaterThan(resident / 4);
      expect(proportional).toBeLessThan(resident - 10 * 1024 * 1024);
    } finally {
      child.kill();
      await once(child, 'exit');
    }
  });

  it('is told of no process that is gone', () => {
    expect(() => residentBytesOf(2 ** 30)).toThrow('ENOENT');
  });
});
