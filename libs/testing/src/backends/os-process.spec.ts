import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

import { describe, expect, it } from 'vitest';

import { freePort, hasEnded, stopProcess } from './os-process.js';

describe('hasEnded', () => {
  // As Linux 6.18 told them: of a sleeping program, of one whose first thread has ended, and of one that nobody has reaped.
  it.each([
    ['17645 (a (b) c) S 17640 17645 16322 0 -1 4194304 129 0 0 0 0 0 0 0 20 0 1 0 622672 8192 4', false],
    ['17691 (python3) Z 17645 17645 16322 0 -1 4227084 2955 6525 2 0 2 1 3 1 20 0 2 0 622672 0 0', false],
    ['17691 (python3) Z 17645 17645 16322 0 -1 4227084 2955 6525 2 0 2 1 3 1 20 0 1 0 622672 0 0', true],
  ])('of %s is %s', (stat, ended) => expect(hasEnded(stat)).toBe(ended));
});

describe('stopProcess', () => {
  it('returns when the ports of the process are free', async () => {
    for (let round = 0; round < 5; round += 1) {
      const port = await freePort();
      const script = `require('node:net').createServer().listen(${port}, '127.0.0.1', () => console.log('ready'))`;
      const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(child.stdout, 'data');
      await stopProcess(child.pid ?? 0, 'SIGKILL');
      const server = createServer().listen(port, '127.0.0.1');
      await once(server, 'listening');
      server.close();
    }
  });
});
