// The database of a run, at one port for as long as the run lasts.
import { setTimeout as delay } from 'node:timers/promises';

import { freePort, isRunning, type RunningPostgres, startPostgres } from '@slipway/testing/backends';
import { Client, type QueryResultRow } from 'pg';

/** Ten replicas with their pools, and those who look at them. */
const SETTINGS = { max_connections: '150' };

export class RigDatabase {
  private running: RunningPostgres | undefined;
  port = 0;

  constructor(private readonly dataDir: string) {}

  async start(): Promise<void> {
    this.port ||= await freePort();
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
