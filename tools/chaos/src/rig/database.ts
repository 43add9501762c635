// The database of a run, at one port for as long as the run lasts.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { isRunning, type RunningPostgres, startPostgres } from '@slipway/testing/backends';
import { Client, type QueryResultRow } from 'pg';

import type { Ports } from './ports.js';

/** Ten replicas with their pools, and those who look at them. */
const SETTINGS = { max_connections: '150' };

export class RigDatabase {
  private running: RunningPostgres | undefined;
  port = 0;

  constructor(
    private readonly dataDir: string,
    private readonly ports: Ports,
  ) {}

  async start(): Promise<void> {
    this.port ||= await this.ports.next();
    this.running = await startPostgres({ dataDir: this.dataDir, port: this.port, settings: SETTINGS });
  }

  get ownerUrl(): string {
    if (!this.running) throw new Error('the database has not been started');
    return this.running.ownerUrl;
  }

  get pid(): number {
    return this.running?.pid ?? 0;
  }

  /** As `pg_ctl stop -m immediate` does (SIGQUIT), or `fast` (SIGINT), which waits until it is down; `start` brings it back. */
  async end(how: 'immediate' | 'fast'): Promise<void> {
    const pid = this.pid;
    process.kill(pid, how === 'immediate' ? 'SIGQUIT' : 'SIGINT');
    while (isRunning(pid)) await delay(10);
  }

  /** To the server and to the processes that serve its sessions. */
  signal(signal: NodeJS.Signals): void {
    for (const pid of [this.pid, ...childrenOf(this.pid)]) {
      try {
        process.kill(pid, signal);
      } catch {
        // A session that has just ended.
      }
    }
  }

  async stop(): Promise<void> {
    await this.running?.stop();
  }

  /** Asks as the owner, over a connection of its own. */
  async sql<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const client = await this.connect();
    try {
      return (await client.query<Row>(text, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  async connect(): Promise<Client> {
    const client = new Client({ connectionString: this.ownerUrl, application_name: 'chaos' });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      if (!Number.isInteger(pid)) return false;
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        // The name, in brackets, may hold blanks; the second field behind it is the parent.
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
      } catch {
        return false;
      }
    });
}
