import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { waitFor } from '@slipway/testing';
import { describe, expect, it } from 'vitest';

import { cpuSecondsOf, largestResidentBytesOf } from './process-tree.js';

describe('cpuSecondsOf', () => {
  it('counts what a descendant uses, and only that of the tree', async () => {
    // A shell that waits for its child, which burns: the shell itself uses nothing.
    const child = spawn('sh', ['-c', `"${process.execPath}" -e "for (;;) {}"; true`], { detached: true });
    const idle = spawn('sleep', ['60']);
    try {
      await waitFor(() => cpuSecondsOf(child.pid ?? 0) > 0.2);
      expect(cpuSecondsOf(idle.pid ?? 0)).toBeLessThan(0.1);
      expect(largestResidentBytesOf(child.pid ?? 0)).toBeGreaterThan(10 * 1024 * 1024);
    } finally {
      process.kill(-(child.pid ?? 0), 'SIGKILL');
      idle.kill();
      await once(idle, 'exit');
    }
  });
});
