// The broker of a run, at one port and on one store for as long as the run lasts.
import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

import { findNatsServer, isRunning, type NatsUser, type RunningNats, startNatsServer } from '@slipway/testing/backends';

import type { Ports } from './ports.js';

export class RigBroker {
  private running: RunningNats | undefined;
  private binary = '';
  port = 0;

  constructor(
    private readonly dataDir: string,
    private readonly users: readonly NatsUser[],
    private readonly ports: Ports,
  ) {}

  async start(): Promise<void> {
    this.port ||= await this.ports.next();
    this.binary ||= await findNatsServer({ env: process.env, progress: () => undefined });
    this.running = await startNatsServer({
      binary: this.binary,
      dataDir: this.dataDir,
      port: this.port,
      users: this.users,
    });
  }

  get pid(): number {
    return this.running?.pid ?? 0;
  }

  /** Ends it and waits until it is down; `start` brings it back on the same store. `drain`: `nats-server --signal ldm`. */
  async end(how: 'SIGKILL' | 'SIGTERM' | 'drain'): Promise<void> {
    const pid = this.pid;
    if (how === 'drain') {
      spawnSync(this.binary, ['--signal', `ldm=${pid}`]);
      const deadline = performance.now() + 5_000;
      // A lame duck asks its clients to leave for ten seconds and more: the run does not wait for the end of that.
      while (isRunning(pid) && performance.now() < deadline) await delay(20);
      if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    } else process.kill(pid, how);
    while (isRunning(pid)) await delay(10);
  }

  async stop(): Promise<void> {
    await this.running?.stop();
  }
}
